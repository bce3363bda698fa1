"""The rules of the house that a linter does not know."""

import ast
import re
from collections import Counter
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
MAX_FUNCTION_LINES = 52
MAX_FILE_LINES = 310
MAX_FILES = 12
# Turns of phrase that a newcomer has to decode; conditions are said with if and when.
DECODED = re.compile(
    r"\b(where (it|there|one|no|they|that|this)|such a one|of them|as ever|of late|whoever)\b", re.I
)
MOST_DECODED, LEAST_CONDITIONS = 0.02, 0.20

FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def test_rooms_are_found() -> None:
    assert {room_of(path) for path in FILES} >= set(ROOMS)


@each_file
def test_nothing_unpickles(path: Path) -> None:
    assert "allow_pickle=True" not in path.read_text(encoding="utf-8")


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


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=str)
def test_no_folder_is_crowded(folder: Path) -> None:
    files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(files) <= MAX_FILES


def test_a_file_name_occurs_once() -> None:
    names = Counter(path.name for path in FILES if path.name not in ("__init__.py", "__main__.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_test_module_imports_another() -> None:
    lent = re.compile(r"^\s*(?:from|import) tests\.(?:\w+\.)*test_\w+", re.MULTILINE)
    files = (ROOT / "tests").rglob("*.py")
    assert [path for path in files if lent.search(path.read_text(encoding="utf-8"))] == []


def test_docstrings_are_plain_english() -> None:
    texts = [text for path in FILES for text in docstrings(path)]
    decoded = sum(DECODED.search(text) is not None for text in texts)
    conditions = sum(re.search(r"\b(if|when)\b", text, re.I) is not None for text in texts)
    assert decoded <= MOST_DECODED * len(texts)
    assert conditions >= LEAST_CONDITIONS * len(texts)


def docstrings(path: Path) -> Iterator[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            yield text
