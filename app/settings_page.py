"""`docs/settings.md`, made from the settings themselves: `python -m app.settings_page`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.settings import Settings

# The first setting of each section; the others follow in the order of the class.
SECTIONS: Mapping[str, str] = {
    "encoder": "What is served",
    "admin_key": "Live writes and index versions",
    "max_body_bytes": "Uploads and images",
    "max_batch": "Queues and caches",
    "shutdown_s": "Deadlines of connections",
    "read_keys": "Who may ask, from where",
}
_HEAD = """\
<!-- Made by `make docs/settings.md` from app/settings.py. -->
# Settings

Every setting of `twinset serve` is an environment variable; lists have commas between their values.
A value that does not fit refuses to start and names the rule that it breaks, and so does a name
that is almost one of these. The variables of Milvus are on [its page](milvus.md), and
`TWINSET_STORE` and `TWINSET_FILES` are on [that of PostgreSQL](pgvector.md).
"""
_TABLE = ("| variable | default | allowed | |", "| --- | --- | --- | --- |")
_MIB = 1024 * 1024
# Keywords of JSON Schema, in words.
_LIMITS: Mapping[str, str] = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
}


def settings_page() -> str:
    """The page: a table for each section, with variable, default, allowed values and meaning."""
    schema = Settings.model_json_schema()["properties"]
    lines = [_HEAD]
    for name, field in Settings.model_fields.items():
        if name in SECTIONS:
            lines += [f"\n## {SECTIONS[name]}\n", *_TABLE]
        lines.append(_row(name, field, schema[name]))
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _row(name: str, field: FieldInfo, schema: Mapping[str, Any]) -> str:
    meaning = " ".join((field.description or "").split())
    limits = ", ".join(_limits(schema))
    return f"| `TWINSET_{name.upper()}` | {_default(name, field.default)} | {limits} | {meaning} |"


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    for keyword, words in _LIMITS.items():
        if keyword in schema:
            yield f"{words} {schema[keyword]:,}"


def _default(name: str, value: object) -> str:
    if value is None or value == () or value == "" or isinstance(value, SecretStr):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and name.endswith("_bytes"):
        return f"{value // _MIB} MiB"
    return f"{value:,}" if isinstance(value, int | float) else f"`{value}`"


def main() -> None:
    """Print the page."""
    sys.stdout.write(settings_page())


if __name__ == "__main__":
    main()
