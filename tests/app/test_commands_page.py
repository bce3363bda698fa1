"""The page of commands is made from the commands, and names each of them."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from app.commands_page import commands_page
from twinset.cli import COMMAND_GROUP

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_commands_make() -> None:
    made = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert made == commands_page(), "run `make docs/cli.md`"


def test_every_command_has_a_section() -> None:
    lines = commands_page().splitlines()
    names = entry_points(group=COMMAND_GROUP).names
    assert sorted(line for line in lines if line.startswith("## ")) == sorted(
        f"## twinset {name}" for name in names
    )
