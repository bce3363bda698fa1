"""The documentation: its examples run, its links hold, its commands exist."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.support.docs_blocks import ROOT, blocks
from tests.support.running_service import running_service, twinset

ORIGIN = "http://127.0.0.1:8000"
LANGUAGES = {
    "bash": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "javascript": ["node", "--input-type=module", "-e"],
}
EXAMPLES = [
    block for page in ("README.md", "docs/index.md", "docs/guide.md", "docs/coming-from.md")
    for block in blocks(page, *LANGUAGES)
]  # fmt: skip


@pytest.fixture(scope="module")
def origin(compact, sample_shop):
    with running_service(compact, sample_shop[0]) as (client, _):
        yield str(client.base_url).rstrip("/")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, origin):
    """Where the examples run, one after another, as a reader would."""
    folder = tmp_path_factory.mktemp("examples")
    command = f"curl -sf -o photo.jpg {origin}/items/S0001/image"
    subprocess.run(command.split(), cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.name)
def test_examples_run(block, origin, folder):
    if shutil.which(LANGUAGES[block.language][0]) is None:
        pytest.skip(f"needs {LANGUAGES[block.language][0]}")
    code = block.code.replace(ORIGIN, origin)
    if block.language == "bash":
        code = re.sub(r"\bcurl\b", "curl -sS --fail-with-body", code)
    run = subprocess.run(
        [*LANGUAGES[block.language], code], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    if "/recommend" in code and block.language == "bash":
        empty = '"nothing_fits":true' in run.stdout.replace(" ", "")
        assert empty or run.stdout.count('"rank":') >= 5


def test_there_are_examples_in_each_language():
    assert {block.language for block in EXAMPLES} == set(LANGUAGES)


def test_your_own_catalogue_works_as_written(tmp_path, compact):
    """Every `twinset` line of the page but the server, which then starts on what they made."""
    page = blocks("docs/own-catalogue.md", "console")
    lines = [line for block in page for line in block.code.splitlines()]
    commands = [line.split()[1:] for line in lines if line.startswith("twinset ")]
    for name, *arguments in commands[:-1]:
        places = [_placed(one, tmp_path, compact) for one in arguments]
        twinset(name, *places)
    assert commands[-1][0] == "serve"
    with running_service(compact, tmp_path / "index") as (client, _):
        assert client.get("/items", params={"limit": 1}).json()["total"] == 20
        assert client.get("/search").status_code == 200


def _placed(argument, folder, compact):
    if argument == "models/compact":
        return compact
    return argument if re.fullmatch(r"-.*|\d+", argument) else folder / argument


@pytest.mark.filterwarnings("default")  # of the site builder's own packages
def test_the_site_builds_and_its_links_hold(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    run = subprocess.run(
        [*command, "--site-dir", tmp_path / "site"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "<svg" in (tmp_path / "site/images/architecture.svg").read_text()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_between_files_hold(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert all((ROOT / target).exists() for target in targets)


def test_every_make_target_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    named = {
        target
        for page in pages
        for target in re.findall(r"`?\bmake ([a-z]+)`", page.read_text(encoding="utf-8"))
    }
    assert named
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in named)
