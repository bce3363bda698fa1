"""`docs/cli.md`, made from the commands themselves: `python -m app.commands_page`."""

from __future__ import annotations

import sys

import typer

from twinset.cli import RoomCommands, app

_HEAD = """\
<!-- Made by `make docs/cli.md` from the commands. -->
# Command line

What `twinset --help` and the help of each command print. A command exits with 0 if it did its work,
1 if it could not (one line says why and what to do), 2 if its arguments are wrong, 70 if Twinset
itself has a defect, and 130 if it was interrupted.
"""
_WIDTH = 96


def commands_page() -> str:
    """The page: a section for each command, in the order in which a shop meets them.

    If a room is not installed, its command says so here as it does when it is run.
    """
    group = typer.main.get_command(app)
    if not isinstance(group, RoomCommands):
        raise TypeError("twinset.cli.app is a group of commands")
    root = group.context_class(group, info_name="twinset", terminal_width=_WIDTH)
    sections = [_HEAD, _block(group.get_help(root))]
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        context = command.context_class(command, info_name=name, parent=root, terminal_width=_WIDTH)
        sections += [f"## twinset {name}\n", _block(command.get_help(context))]
    return "\n".join(sections)


def _block(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(["```text", *lines, "```", ""])


def main() -> None:
    """Print the page."""
    sys.stdout.write(commands_page())


if __name__ == "__main__":
    main()
