"""The console script `twinset`.

Its commands are functions with typer annotations that the rooms register in the entry-point group
`twinset.commands`; a room is imported when its command is asked for, so `twinset serve` does not
touch the training room and no room imports another.

Exit codes: 0 done; 1 a TwinsetError or an OSError, told in one line; 2 wrong arguments;
70 a defect of Twinset (EX_SOFTWARE of sysexits.h); 130 interrupted.
"""

from __future__ import annotations

import ast
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from twinset.errors import ConfigError, TwinsetError

COMMAND_GROUP = "twinset.commands"
TRACEBACK_VARIABLE = "TWINSET_TRACEBACK"
# The order in which a shop meets them; others follow by name.
_JOURNEY = (
    "sample",
    "import",
    "sync",
    "adopt",
    "train",
    "languages",
    "evaluate",
    "quantise",
    "export",
    "build",
    "serve",
    "compact",
    "similar",
)
# Objects that a command makes between two garbage collections, which are a share of a night's
# `twinset sync` with the usual 700. The service keeps these, for it lives long.
_COLLECTED_AFTER = 50_000
_EXIT_ERROR = 1
_EXIT_DEFECT = 70
_EXIT_INTERRUPTED = 130


class RoomCommands(TyperGroup):
    """A command group that looks its commands up among the entry points."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        names = entry_points(group=COMMAND_GROUP).names
        return sorted(names, key=lambda name: (_journey_place(name), name))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        found = entry_points(group=COMMAND_GROUP, name=cmd_name)
        return _as_command(next(iter(found))) if found else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands without importing their rooms, which takes seconds."""
        found = entry_points(group=COMMAND_GROUP)
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(found[name])) for name in self.list_commands(ctx)])


def _journey_place(name: str) -> int:
    return _JOURNEY.index(name) if name in _JOURNEY else len(_JOURNEY)


def _summary(entry: EntryPoint) -> str:
    """The first paragraph of a command's docstring, as its file has it."""
    room, *rest = entry.module.split(".")
    found = find_spec(room)
    if found is None or found.origin is None:
        return f"Not available: {room} is not installed."
    file = Path(found.origin)
    if rest:
        file = file.parent.joinpath(*rest).with_suffix(".py")
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == entry.attr:
            paragraph = (ast.get_docstring(node) or "").split("\n\n")[0]
            return " ".join(paragraph.split())
    return ""


def _as_command(entry: EntryPoint) -> Any:
    """The typer command of an entry point; one that cannot be imported says so when it is run."""
    try:
        function = entry.load()
    except ImportError as error:
        function = _unavailable(entry.name, error.name or str(error))
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(entry.name)(function)
    return typer.main.get_command(single)


def _unavailable(name: str, missing: str) -> Callable[[], None]:
    def run() -> None:
        raise ConfigError(f"`twinset {name}` needs {missing}, which is not installed")

    run.__doc__ = f"Not available: {missing} is not installed."
    return run


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"twinset {version('twinset')}")
        raise typer.Exit


app = typer.Typer(
    cls=RoomCommands, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Similar products for fashion shops: by photo, by words, by item."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line, without the program's name, and return its exit code."""
    command = typer.main.get_command(app)
    try:
        code = command.main(
            args=list(arguments) or ["--help"], prog_name="twinset", standalone_mode=False
        )
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else _EXIT_ERROR
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except (Exception, typer.Abort) as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        message, code = describe_error(error)
        typer.echo(f"twinset: error: {message}", err=True)
    return code if isinstance(code, int) else 0


def describe_error(error: BaseException) -> tuple[str, int]:
    """What to tell a user about an error, and the exit code."""
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        hint = f"; see `{context.command_path} --help`" if context else ""
        message = _one_line(error.format_message()).removesuffix(".")
        return message.replace("Value error, ", "") + hint, error.exit_code
    if isinstance(error, TwinsetError):
        return _one_line(str(error)), _EXIT_ERROR
    if isinstance(error, OSError):
        return _describe_os_error(error), _EXIT_ERROR
    if isinstance(error, typer.Abort):
        return "aborted", _EXIT_ERROR
    hint = f"run again with {TRACEBACK_VARIABLE}=1 to see where"
    return f"unexpected {type(error).__name__}: {_one_line(str(error))}; {hint}", _EXIT_DEFECT


def _describe_os_error(error: OSError) -> str:
    if error.filename is not None and error.strerror:
        # A rename names two files; the second is the one that was to be written.
        return f"{error.filename2 or error.filename}: {error.strerror}"
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    """Entry point of the console script.

    Arrow takes memory from the system's allocator unless the environment says otherwise: its own
    keeps 18 MB that reading an index of 38,000 items once needed. The service runs a search on each
    core; if NumPy shared out their small products to threads as well, those would wait for each
    other, many times as long as the product takes.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if sys.argv[1:2] == ["serve"]:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy reads it when it is imported
    else:
        gc.set_threshold(_COLLECTED_AFTER)
    code = run(sys.argv[1:])
    gc.freeze()  # the last collection would walk everything that the system frees at once anyway
    sys.exit(code)
