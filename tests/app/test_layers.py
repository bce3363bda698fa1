"""Inside the service imports go one way: routes know the domain, the domain knows no HTTP."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each room may import the rooms in the lines above its own, and itself.
LAYERS = (
    ("concurrency", "observability"),
    ("recommend", "http"),
    ("live",),
    ("api", "storefront", "server"),
)
# What every room may import: values and errors that know no room.
SHARED = {"settings", "service_errors"}
# Pages ask by the same models and errors as the routes for programs.
SIDEWAYS = {("storefront", "api")}
DOMAIN = ("concurrency", "observability", "recommend", "live")
HTTP = {"fastapi", "starlette", "uvicorn", "pydantic"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from app import api` names a room after the word import.
            alone = node.module == "app"
            yield from (f"app.{a.name}" for a in node.names) if alone else (node.module,)


def files(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def test_the_rooms_are_found() -> None:
    rooms = {path.name for path in (ROOT / "app").iterdir() if (path / "__init__.py").exists()}
    assert rooms == {room for layer in LAYERS for room in layer}


@pytest.mark.parametrize(
    "path", files(*(f"app/{room}" for layer in LAYERS for room in layer)), ids=str
)
def test_imports_go_one_way(path: Path) -> None:
    own = path.relative_to(ROOT / "app").parts[0]
    level = next(number for number, layer in enumerate(LAYERS) if own in layer)
    below = {room for layer in LAYERS[:level] for room in layer}
    # The two rooms that hold an application's routes also need its state.
    allowed = {own, *below, *SHARED, *({"state"} if own in ("api", "storefront") else ())}
    allowed |= {other for room, other in SIDEWAYS if room == own}
    named = {name.split(".")[1] for name in imported(path) if name.startswith("app.")}
    assert named <= allowed


@pytest.mark.parametrize("path", files("twinset", *(f"app/{room}" for room in DOMAIN)), ids=str)
def test_the_domain_knows_no_http(path: Path) -> None:
    names = list(imported(path))
    assert not {name.partition(".")[0] for name in names} & HTTP
    assert not any(name.startswith(("app.api", "app.http", "app.storefront")) for name in names)


@pytest.mark.parametrize("module", ["twinset", "app.recommend.recommender", "app.live.item_writer"])
def test_the_domain_loads_no_web_framework(module: str) -> None:
    """Also by way of what it imports."""
    code = f"import {module}, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.split())
    assert module in loaded
    assert not loaded & {"fastapi", "starlette", "uvicorn", "app.api", "app.http"}
