import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
import typer

from twinset import cli
from twinset.errors import ArtefactError

COMMANDS = [
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
]


def fails() -> None:
    raise failure


def greets(name: str) -> None:
    """Say hello to a name
    that is given.

    Not shown in the list.
    """
    typer.echo(f"hello {name}")


failure: BaseException = ValueError("later replaced")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the functions above in the place of the rooms' commands."""
    found = EntryPoints(
        [
            EntryPoint("greet", f"{__name__}:greets", cli.COMMAND_GROUP),
            EntryPoint("fail", f"{__name__}:fails", cli.COMMAND_GROUP),
            EntryPoint("lost", "no_such_room.commands:run", cli.COMMAND_GROUP),
        ]
    )
    monkeypatch.setattr(cli, "entry_points", found.select)
    monkeypatch.delenv(cli.TRACEBACK_VARIABLE, raising=False)


def run_failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys.modules[__name__], "failure", error)
    return cli.run(["fail"])


@pytest.mark.usefixtures("commands")
def test_runs_a_command_of_an_entry_point(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["greet", "Ada"]) == 0
    assert capsys.readouterr().out == "hello Ada\n"


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ArtefactError(Path("enc/weights"), "is damaged"), "enc/weights: is damaged"),
        (PermissionError(13, "Permission denied", "out.parquet"), "out.parquet: Permission denied"),
        (OSError("[Errno 28] Error writing\nto file"), "[Errno 28] Error writing to file"),
    ],
)
def test_known_errors_are_one_line(
    error: Exception,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_failing(error, monkeypatch) == 1
    assert capsys.readouterr().err == f"twinset: error: {line}\n"


@pytest.mark.usefixtures("commands")
def test_a_defect_says_how_to_see_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_failing(ZeroDivisionError("oh\nno"), monkeypatch) == 70
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "unexpected ZeroDivisionError: oh no; run again with TWINSET_TRACEBACK=1" in message


@pytest.mark.usefixtures("commands")
def test_traceback_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cli.TRACEBACK_VARIABLE, "1")
    with pytest.raises(ZeroDivisionError):
        run_failing(ZeroDivisionError(), monkeypatch)


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (SystemExit(3), 3)])
def test_interruption_keeps_its_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_failing(error, monkeypatch) == code


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nope"], "No such command 'nope'"),
        (["greet"], "Missing argument 'name'"),
        (["greet", "a", "b"], "Got unexpected extra argument"),
        (["greet", "--loud", "a"], "No such option: --loud"),
    ],
)
def test_wrong_arguments_are_one_line(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"twinset: error: {problem}")
    assert "; see `twinset" in line
    assert line.endswith("--help`")


@pytest.mark.usefixtures("commands")
def test_a_room_that_is_not_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    assert "Not available: no_such_room" in capsys.readouterr().out
    assert cli.run(["lost"]) == 1
    assert "`twinset lost` needs no_such_room" in capsys.readouterr().err


def test_installed_commands_in_the_order_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 0
    lines = capsys.readouterr().out.split("Commands:\n")[1].splitlines()
    # A line that goes on with the sentence above is set further in.
    assert [line.split()[0] for line in lines if line[2] != " "] == COMMANDS


@pytest.mark.usefixtures("commands")
def test_the_list_says_what_each_command_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    lines = capsys.readouterr().out.split("Commands:\n")[1].splitlines()
    assert "  greet  Say hello to a name that is given." in lines
    assert "  fail" in [line.rstrip() for line in lines]  # one without a docstring


def test_the_list_imports_no_room() -> None:
    code = (
        "import sys; from twinset.cli import run; run(['--help']); "
        "sys.exit(any(n in sys.modules for n in ('app', 'importer', 'numpy', 'torch')))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0
    assert "Serve recommendations and the storefront over HTTP." in found.stdout


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("twinset 0.")


@pytest.mark.parametrize(
    ("command", "rooms"), [("serve", "training index_builder"), ("train", "app index_builder")]
)
def test_a_command_imports_no_other_room(command: str, rooms: str) -> None:
    code = (
        f"import sys; from twinset.cli import run; run([{command!r}, '--help']); "
        f"sys.exit(any(name.split('.')[0] in {rooms.split()} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL).returncode == 0


def test_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "twinset", "import", "no-such-file", "out.parquet"],
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (1, "twinset: error: no-such-file: not found\n")
