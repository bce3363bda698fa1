"""The wheel works when it is installed, and in a folder that has packages of the same names."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from app.live.compaction_process import compact_command

ROOT = Path(__file__).resolve().parents[1]
NAMESAKES = ("app", "core", "twinset")


def output(*command: object, cwd: Path) -> str:
    line = [str(part) for part in command]
    run = subprocess.run(line, cwd=cwd, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a new environment that has the wheel, and what it needs, and no checkout.

    The packages that it needs are borrowed from the environment of the tests: a folder that a .pth
    file names is searched, but its own .pth files, such as that of a checkout, do not count.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    output(*build, "--wheel-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("twinset-*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env/bin/python"
    install = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps")
    output(*install, wheel, cwd=folder)
    purelib = output(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    )
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    Path(purelib.strip(), "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    return folder / "env/bin"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder whose own packages fail when they are imported."""
    for name in NAMESAKES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('a package of the shop')")
    return tmp_path


def test_the_namesakes_would_be_imported(installed: Path, shop: Path) -> None:
    run = subprocess.run([installed / "python", "-m", "twinset", "--help"], cwd=shop)
    assert run.returncode != 0


def test_the_console_script_runs_the_wheel(installed: Path, shop: Path) -> None:
    assert output(installed / "twinset", "--version", cwd=shop).startswith("twinset ")
    output(installed / "twinset", "sample", "catalog.parquet", "--items", "4", cwd=shop)
    assert (shop / "catalog.parquet").exists()
    assert "--index" in output(installed / "twinset", "serve", "--help", cwd=shop)


def test_compaction_runs_the_wheel(installed: Path, shop: Path) -> None:
    _, *command = compact_command(shop / "encoder", shop / "index")
    assert "--index" in output(installed / "python", *command, "--help", cwd=shop)


def test_the_wheel_has_every_room(installed: Path, shop: Path) -> None:
    rooms = "app, importer, index_builder, sample_shop, training, twinset"
    code = f"import {rooms}; print(*(room.__file__ for room in ({rooms})), sep='\\n')"
    places = output(installed / "python", "-P", "-c", code, cwd=shop).split()
    assert len(places) == len(rooms.split(", "))
    assert all(Path(place).is_relative_to(installed.parent) for place in places)
    typed = Path(places[-1]).with_name("py.typed")
    assert typed.is_file()
