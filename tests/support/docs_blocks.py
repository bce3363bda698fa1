"""Code blocks of Markdown files."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block; `name` says where it stands."""

    name: str
    language: str
    code: str


def blocks(path, *languages):
    """The blocks of a file in those languages, in order."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return [
        Block(f"{path}:{text[: match.start()].count(chr(10)) + 1}", match[1], match[2])
        for match in _BLOCK.finditer(text)
        if match[1] in languages
    ]
