"""Items as a caller writes them: JSON, checked against the columns of the live version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa

from app.service_errors import MalformedBody, UnknownField
from twinset.catalogue import FIXED_COLUMNS, FURTHER_IMAGES, MOST_FURTHER
from twinset.changes.value_fit import fit
from twinset.errors import InvalidInput, TwinsetError
from twinset.images.decode import ImageLimits
from twinset.images.stored import shown_picture
from twinset.index.indexed_items import StoredImage
from twinset.live.write_log import Entry, Operation, picture_sha
from twinset.text.base64_text import read_base64
from twinset.text.item_ids import id_fault
from twinset.text.text_folding import compose

MAX_LINES = 1000
_MOST_VALUES = 256
_MAX_TEXT = 16_000  # of four bytes at most each: Milvus takes 65,535
_PICTURES = ("image", FURTHER_IMAGES)
_OPERATIONS = ("put", "patch", "delete")
_NOUNS: Mapping[pa.DataType, str] = {
    pa.string(): f"text of at most {_MAX_TEXT} characters",
    pa.int64(): "a whole number",
    pa.float64(): "a number",
    pa.bool_(): "true or false",
    pa.list_(pa.string()): f"texts of at most {_MAX_TEXT} characters",
}


@dataclass(frozen=True)
class Draft:
    """A checked write that is not in the log yet, and the pictures, by sha256, that it brings."""

    entry: Entry
    pictures: Mapping[str, StoredImage] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A line of a batch that cannot be written; `id` is empty if the line holds no valid id."""

    id: str
    error: TwinsetError


@dataclass(frozen=True)
class Documents:
    """Reads documents for a catalogue of this schema, with pictures within these limits.

    `takes_lists` is false if the engine holds one text per item in a column of text.
    """

    schema: pa.Schema
    limits: ImageLimits
    takes_lists: bool = True

    def read(self, operation: Operation, item_id: str, document: Any = None) -> Draft:
        """Check one write and return it as a draft.

        Raises:
            InvalidInput: the id or a value does not fit, or the image does not decode; see
                `twinset.images.decode.decode_image`.
            UnknownField: the catalogue lacks a field.
        """
        check_id(item_id)
        if operation == "delete":
            if document is not None:
                raise InvalidInput("A deletion takes no item.")
            return Draft(Entry(item_id, operation, {}))
        if not isinstance(document, dict):
            raise InvalidInput("An item is a JSON object.")
        if document.get("id", item_id) != item_id:
            raise InvalidInput("The item's id is another one than that of the address.")
        fields = {name: self._value(name, document[name]) for name in self._known(document)}
        pictures: dict[str, StoredImage] = {}
        if "image" in document:
            main = self._pictures("image", [document["image"]], pictures)
            fields["image"] = main[0] if main else None
        if FURTHER_IMAGES in document:
            given = document[FURTHER_IMAGES] or []
            fields[FURTHER_IMAGES] = self._pictures(FURTHER_IMAGES, given, pictures)
        if operation == "put" or fields.get("title", "") is None:
            fields["title"] = fields.get("title") or ""  # as an import has it
        return Draft(Entry(item_id, operation, fields), pictures)

    def _known(self, document: Mapping[str, Any]) -> list[str]:
        known = [name for name in self.schema.names if name != "id"]
        names = [name for name in document if name not in ("id", *_PICTURES)]
        if any(name not in known for name in names):
            raise UnknownField("An item's fields can be: " + ", ".join([*known, *_PICTURES]) + ".")
        return names

    def _value(self, name: str, value: Any) -> Any:
        kind = self.schema.field(name).type
        if isinstance(value, str):
            value = compose(value.strip()) or None
        if value is None or value == []:
            return None
        if isinstance(value, list):
            return self._list(name, kind, value)
        fitted = fit(value, kind)
        if fitted is None or (isinstance(fitted, str) and not is_text(fitted)):
            raise InvalidInput(f"Field {name!r} takes {_NOUNS[kind]}.")
        if name == "price" and fitted < 0:
            raise InvalidInput("Field 'price' is not below zero.")
        return fitted

    def _list(self, name: str, kind: pa.DataType, values: list[Any]) -> list[str] | None:
        """Several values of one field, in their order and without repeats."""
        is_list = kind == pa.list_(pa.string())
        if not is_list and (kind != pa.string() or name in FIXED_COLUMNS):
            raise InvalidInput(f"Field {name!r} takes {_NOUNS[kind]}, not a list.")
        if not (is_list or self.takes_lists):
            raise InvalidInput(
                f"Field {name!r} holds one text per item in this index; build a version from a "
                "catalogue that has lists there."
            )
        texts = [compose(one.strip()) for one in values if isinstance(one, str) and is_text(one)]
        if len(texts) < len(values):
            raise InvalidInput(
                f'Field {name!r} takes a list of texts, such as ["36", "38"], each of at most '
                f"{_MAX_TEXT} characters."
            )
        if len(texts) > _MOST_VALUES:
            raise InvalidInput(f"Field {name!r} takes at most {_MOST_VALUES} texts.")
        return list(dict.fromkeys(text for text in texts if text)) or None

    def _pictures(self, name: str, values: Any, found: dict[str, StoredImage]) -> list[str]:
        """The sha256 of each picture of a field; the pictures go into `found`."""
        if not isinstance(values, list) or len(values) > MOST_FURTHER:
            raise InvalidInput(f"Field {name!r} takes at most {MOST_FURTHER} pictures.")
        names = []
        for value in values:
            if value is None and name == "image":
                continue
            if not isinstance(value, str):
                raise InvalidInput(f"Field {name!r} takes base64 of an image file, or null.")
            try:
                data = read_base64(value)
            except ValueError:
                raise InvalidInput(f"Field {name!r} is not base64.") from None
            picture = StoredImage(*shown_picture(data, self.limits))
            names.append(picture_sha(picture.data))
            found[names[-1]] = picture
        return names


def read_json(body: bytes) -> Any:
    """The value of a JSON body.

    Raises:
        MalformedBody: it is not JSON, or not UTF-8.
        InvalidInput: it holds NaN or an infinity.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedBody("The body is not valid JSON.") from None


def _no_constant(_name: str) -> None:
    raise InvalidInput("A number is not finite.")


def read_batch(body: bytes, documents: Documents) -> list[Draft | Refused]:
    """The writes of an NDJSON body, one a line: a draft, or if the line is wrong, what is wrong
    with it.

    Raises:
        InvalidInput: there are no lines, or too many.
    """
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not 1 <= len(lines) <= MAX_LINES:
        raise InvalidInput(f"A batch has 1 to {MAX_LINES} lines.")
    drafts: list[Draft | Refused] = []
    for line in lines:
        value: Any = None
        try:
            value = read_json(line)
            drafts.append(_read_line(value, documents))
        except TwinsetError as error:
            drafts.append(Refused(_id_in(value), error))
    return drafts


def _id_in(line: Any) -> str:
    item_id = line.get("id") if isinstance(line, dict) else None
    if not isinstance(item_id, str):
        return ""
    try:
        check_id(item_id)
    except InvalidInput:
        return ""
    return item_id


def _read_line(line: Any, documents: Documents) -> Draft:
    if not isinstance(line, dict) or not set(line) <= {"op", "id", "item"}:
        raise InvalidInput('A line is {"op": ..., "id": ..., "item": {...}}.')
    operation, item_id = line.get("op"), line.get("id")
    if operation not in _OPERATIONS:
        raise InvalidInput("The op of a line is put, patch or delete.")
    if not isinstance(item_id, str):
        raise InvalidInput("The id of a line is text.")
    return documents.read(cast("Operation", operation), item_id, line.get("item"))


def check_id(item_id: str) -> None:
    """Refuse an id if an import would refuse it."""
    if item_id != item_id.strip():
        raise InvalidInput("An id has no space around it.")
    fault = id_fault(item_id)
    if fault is not None:
        raise InvalidInput(f"{fault[0].upper()}{fault[1:]}.")


def is_text(value: str) -> bool:
    """True for valid Unicode text that is short enough for every engine."""
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return len(value) <= _MAX_TEXT
