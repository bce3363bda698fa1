"""The rules of the house that a linter does not know."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    "app",
    "benchmarks",
    "importer",
    "index_builder",
    "sample_shop",
    "training",
    "twinset",
)
MAY_IMPORT = {
    "twinset": {"twinset"},
    "importer": {"importer", "twinset"},
    "sample_shop": {"sample_shop", "twinset"},
    "training": {"training", "twinset"},
    "index_builder": {"index_builder", "twinset"},
    "app": {"app", "importer", "twinset"},
    "benchmarks": set(ROOMS),
}
SERVING_ROOMS = {"app", "importer", "index_builder", "sample_shop", "twinset"}
# Serving on a CPU works without these installed.
TRAINING_ONLY = {"torch", "torchvision", "transformers", "accelerate"}
# Both run code that a data file brings along.
UNSAFE = {"pickle", "dill", "joblib", "shelve"}
# A service that fetches nothing cannot be made to fetch what a caller names.
CLIENTS = {"aiohttp", "ftplib", "http.client", "httpx", "requests", "urllib.request", "urllib3"}
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 350

FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))


def imports(path: Path) -> Iterator[str]:
    """Top-level packages that a file imports anywhere, also inside functions."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            yield node.module.partition(".")[0]


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def test_rooms_are_found() -> None:
    assert {room_of(path) for path in FILES} >= set(ROOMS)


@each_file
def test_rooms_import_only_what_they_may(path: Path) -> None:
    ours = set(imports(path)) & set(ROOMS)
    assert ours <= MAY_IMPORT[room_of(path)]


@each_file
def test_serving_needs_no_training_library(path: Path) -> None:
    if room_of(path) in SERVING_ROOMS:
        assert not set(imports(path)) & TRAINING_ONLY


@each_file
def test_nothing_unpickles(path: Path) -> None:
    assert not set(imports(path)) & UNSAFE
    assert "allow_pickle=True" not in path.read_text(encoding="utf-8")


@each_file
def test_the_service_fetches_nothing(path: Path) -> None:
    if room_of(path) in ("app", "twinset"):
        named = re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text("utf-8"), re.MULTILINE)
        assert not set(named) & CLIENTS


@each_file
def test_files_and_functions_stay_short(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{node.name} has {length} lines"


@each_file
def test_files_are_named_after_what_they_hold(path: Path) -> None:
    assert path.stem not in {"util", "utils", "helpers", "common", "misc"}
