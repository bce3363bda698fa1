"""Elements of XML feeds whose values stand deeper, and prefixes that nobody declared."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from importer import ImportOptions, import_catalogue
from importer.reading.declared_prefixes import declared
from importer.reading.xml_items import XmlSource
from twinset.catalogue import Catalogue

GOOGLE = "http://base.google.com/ns/1.0"


def rows_of(folder: Path, text: str) -> list[dict[str, Any]]:
    (folder / "feed.xml").write_text(text, encoding="utf-8")
    out = folder / "out.parquet"
    import_catalogue(folder / "feed.xml", out, ImportOptions(fetch_pictures=False))
    rows: list[dict[str, Any]] = Catalogue(out).rows().to_pylist()
    return rows


def test_what_stands_in_elements_called_value_is_read(tmp_path: Path) -> None:
    (row,) = rows_of(
        tmp_path,
        "<shop><product><id>1</id><name>Hat</name>"
        "<price currency='EUR'><value>29.90</value></price>"
        "<sizes><value>S</value><value>M</value></sizes><category><value>Hats</value></category>"
        "</product></shop>",
    )
    assert (row["price"], row["currency"]) == (29.9, "EUR")
    assert (row["sizes"], row["category"]) == (["S", "M"], "Hats")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a><g:item><g:id>1</g:id></g:item></a>", {"id": "1"}),
        ("<a><item><id>1</id><pic xlink:href='b'>p</pic></item></a>", {"id": "1", "pic": "p"}),
        (
            f"<a><item><x:id xmlns:x='u'>1</x:id><g:n xmlns:g='{GOOGLE}'>N</g:n><x:t>T</x:t></item>"
            "</a>",
            {"id": "1", "n": "N", "t": "T"},
        ),
        ("<a help='xmlns:g='><item><g:id>1</g:id></item></a>", {"id": "1"}),
        ("<a><item><id>1</id><t>see b:c ='d'</t></item></a>", {"id": "1", "t": "see b:c ='d'"}),
    ],
)
def test_prefixes_that_the_root_does_not_declare_are_mended(
    tmp_path: Path, text: str, expected: dict[str, str]
) -> None:
    (tmp_path / "feed.xml").write_text(text)
    (record,) = XmlSource(tmp_path / "feed.xml").records()
    assert {name: record.fields[name] for name in expected} == expected


def test_an_element_nested_without_end_costs_its_product_alone(tmp_path: Path) -> None:
    deep = "<x>" * 5_000 + "</x>" * 5_000
    (row,) = rows_of(
        tmp_path,
        f"<shop><product><id>1</id>{deep}</product>"
        "<product><id>2</id><name>Hat</name></product></shop>",
    )
    assert row["title"] == "Hat"


def test_comments_above_the_root_are_no_root(tmp_path: Path) -> None:
    head = "\ufeff<?xml version='1.0'?><!DOCTYPE a>" + "<!-- <b> -->\n" * 15_000
    (tmp_path / "feed.xml").write_text(f"{head}<a><item><g:id>1</g:id></item></a>")
    (record,) = XmlSource(tmp_path / "feed.xml").records()
    assert record.fields["id"] == "1"


def test_the_whole_of_a_mended_file_can_be_read_at_once() -> None:
    text = b"<a><g:b/>" + b" " * 300_000 + b"</a>"
    mended = f'<a xmlns:g="{GOOGLE}">'.encode() + text[3:]
    assert declared(io.BytesIO(text)).read() == mended
    assert declared(io.BytesIO(mended)).read() == mended
