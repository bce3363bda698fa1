"""One source row, checked and turned into a catalogue row."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.column_mapping import ColumnMap
from importer.values import (
    Kind,
    RowRejected,
    clean,
    convert,
    parse_available,
    parse_price,
    text_of,
)
from importer.variants import VariantGroups
from twinset.catalogue import id_fault
from twinset.errors import BadDimensions, ImageError, ImageTooLarge, UnsupportedImage
from twinset.images.formats import TITLES
from twinset.images.stored import shown_picture

_IMAGE_REASONS: Mapping[type[ImageError], str] = {
    UnsupportedImage: f"image is not {TITLES}",
    ImageTooLarge: "image has too many pixels",
    BadDimensions: "image has a side that is too short or too long",
}


@dataclass(frozen=True)
class RowBuilder:
    """Turns source rows into catalogue rows; safe to share between threads.

    `kinds` gives each attribute's kind, `images` the folder that image paths start from, and
    `variants` the groups told from names, or None where the source has its own or no colours.
    """

    columns: ColumnMap
    kinds: Mapping[str, Kind]
    images: Path
    variants: VariantGroups | None

    def build(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """A row for `CatalogueWriter.write`.

        Raises:
            RowRejected: with the reason.
        """
        fixed = self.columns.fixed
        raw = {name: fields.get(source) for name, source in fixed.items()}
        image = self._image(raw)
        title = text_or_none(raw.get("title")) or ""
        if not title and image is None:
            raise RowRejected("neither title nor image")
        row = {
            "id": parse_id(raw.get("id")),
            "title": title,
            "description": text_or_none(raw.get("description")),
            "group_id": text_or_none(raw.get("group_id")),
            "price": parse_price(raw.get("price")),
            "available": parse_available(raw.get("available")),
            "image": image,
            **{
                name: convert(clean(fields.get(source)), self.kinds[name])
                for name, source in self.columns.attributes.items()
            },
        }
        if self.variants is not None and title:
            row["group_id"] = self.variants.group_of(*variant_key(fields, self.columns))
        return row

    def _image(self, raw: Mapping[str, Any]) -> bytes | None:
        data = image_bytes(raw.get("image"))
        path = text_or_none(raw.get("image_path"))
        if data is None and path is not None:
            data = read_image(self.images, path)
        return None if data is None else stored_image(data)


def parse_id(value: Any) -> str:
    """A product's id as text; RowRejected where it cannot be one, see `catalogue.id_fault`."""
    text = text_or_none(value) or ""
    fault = id_fault(text)
    if fault is not None:
        raise RowRejected(fault)
    return text


def text_or_none(value: Any) -> str | None:
    """Text of a source's value; None where it is blank."""
    plain = clean(value)
    return None if plain is None else text_of(plain)


def variant_key(fields: Mapping[str, Any], columns: ColumnMap) -> tuple[str, str, str, str]:
    """Title, colour, category and gender, blank where missing: arguments of VariantGroups."""

    def read(name: str | None) -> str:
        return "" if name is None else text_or_none(fields.get(columns.attributes[name])) or ""

    title = text_or_none(fields.get(columns.fixed["title"])) or ""
    return title, read(columns.colour), read(columns.category), read(columns.gender)


def image_bytes(value: Any) -> bytes | None:
    """Encoded image from bytes, from base64 text (also a data URL), or from a `bytes` field."""
    if isinstance(value, Mapping):
        value = value.get("bytes")  # how Hugging Face datasets lay out an image column
    if value is None or isinstance(value, bytes):
        return value or None
    if not isinstance(value, str):
        raise RowRejected("image is neither bytes nor base64 text")
    text = value.strip()
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if not text:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RowRejected("image is not base64; for file names use the column image_path") from None


def read_image(root: Path, relative: str) -> bytes:
    """Bytes of the image file at `relative` below `root`.

    A feed may come from a supplier, so a path that leads out of the folder is refused.
    """
    try:
        path = (root / relative).resolve()
        if not path.is_relative_to(root.resolve()):
            raise RowRejected("image path leads out of the images folder")
        return path.read_bytes()
    except (OSError, ValueError):
        raise RowRejected("image is missing") from None


def stored_image(data: bytes) -> bytes:
    """The bytes to keep of an image; one that a later stage could not decode is refused."""
    try:
        return shown_picture(data)[0]
    except ImageError as error:
        reason = _IMAGE_REASONS.get(type(error), "image is damaged or incomplete")
        raise RowRejected(reason) from None
