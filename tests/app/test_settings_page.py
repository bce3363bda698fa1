"""The page of settings is made from the settings, and docs name no variable that is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.settings import Settings
from app.settings_page import SECTIONS, settings_page

ROOT = Path(__file__).resolve().parents[2]
NAMES = {f"TWINSET_{name.upper()}" for name in Settings.model_fields}
# Read by other parts of the project: the tests' data set, the command line, engines and stores.
OTHERS = (
    *("TWINSET_DATA", "TWINSET_TRACEBACK", "TWINSET_MILVUS_", "TWINSET_PGVECTOR_"),
    *("TWINSET_STORE", "TWINSET_FILES", "TWINSET_EXTRAS"),
)
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "deploy/*", "docker-compose.yml", "Dockerfile")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"  # it tells of names that are gone
)


def test_the_page_is_what_the_settings_make() -> None:
    made = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert made == settings_page(), "run `make docs/settings.md`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is(name: str) -> None:
    assert re.match(r"[A-Z].*\.$", Settings.model_fields[name].description or "", re.DOTALL)
    assert settings_page().count(f"`TWINSET_{name.upper()}`") == 1


def test_sections_begin_with_settings() -> None:
    assert set(SECTIONS) <= set(Settings.model_fields)
    assert next(iter(Settings.model_fields)) in SECTIONS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_variables_that_a_page_names_are_settings(path: Path) -> None:
    named = set(re.findall(r"\bTWINSET_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8")))
    assert not {name for name in named if not name.startswith(OTHERS)} - NAMES
