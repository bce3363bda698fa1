"""The picture of a product, from wherever its feed says it is."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from importer.pictures.kept_connections import FetchFault
from importer.pictures.web_client import Downloads
from importer.reading.picture_folder import pictures_below
from importer.values.kinds import BadValue, is_blank
from twinset.errors import BadDimensions, ImageError, ImageTooLarge, UnsupportedImage
from twinset.images.formats import TITLES
from twinset.images.stored import shown_picture

# Larger than any storefront shows; the rest would only make the index larger.
MAX_SIDE = 1200
_REASONS: Mapping[type[ImageError], str] = {
    UnsupportedImage: f"image is not {TITLES}",
    ImageTooLarge: "image has too many pixels",
    BadDimensions: "image has a side that is too short or too long",
}
_ADDRESS = re.compile(r"(?:https?:)?//\S+", re.IGNORECASE)
_FILE = re.compile(r"\.(jpe?g|jpe|jfif|png|webp|gif|avif|bmp|heic|heif)(\?\S*)?$", re.IGNORECASE)
_SUFFIX = re.compile(r"\.(?:jpe?g|jpe|jfif|png|webp|gif|avif|bmp|heic|heif)\b", re.IGNORECASE)
_NAMED = b"named"
_ARTICLE_DIGITS = 10
_DEEPEST = 10  # lists or objects within each other
_BREAKS = re.compile(r"\s*[,|;\s]\s*(?=(?:https?:)?//)", re.IGNORECASE)


class ProductPictures:
    """Reads pictures from files below `root`, from addresses, or from the feed itself.

    Pictures from addresses are kept in `cache` by address, as they are stored, and asked for again
    with their ETag, so that a second run fetches and decodes only what changed. Safe to share
    between threads.
    """

    def __init__(self, root: Path, downloads: Downloads, cache: Path) -> None:
        self._root, self._downloads, self._cache = root, downloads, cache

    def read_all(
        self, inline: Any, named: Sequence[Any], most: int
    ) -> tuple[list[bytes], list[str]]:
        """The pictures to store of a product, the main one first, and why others are not there.

        `inline` is what the feed holds itself, see `read_inline`; `named` are values that name
        pictures. At most `most` are read; each counts once.
        """
        found: list[bytes] = []
        faults: list[str] = []
        own = inline if isinstance(inline, list) else [inline]
        references = dict.fromkeys(one for value in named for one in references_in(value))
        readers = [(self.read_inline, one) for one in own if one not in (None, "")]
        for read, value in (*readers, *((self.read, one) for one in references)):
            if len(found) >= most:
                break
            try:
                data = read(value)
            except BadValue as bad:
                faults.append(str(bad))
                continue
            if data is not None and data not in found:
                found.append(data)
        return found, faults

    def read(self, reference: str | bytes) -> bytes:
        """The bytes to store of one picture, by its address, its path or its own bytes.

        Raises:
            BadValue: if the picture is missing, cannot be fetched, or is damaged.
        """
        if isinstance(reference, bytes):
            return stored(reference)
        if reference.startswith("data:"):
            return stored(_from_base64(reference.partition(",")[2]))
        if _ADDRESS.match(reference):
            with_scheme = reference.lower().startswith("http")
            return self._fetch(reference if with_scheme else f"https:{reference}")
        return stored(self._read_file(reference))

    def read_inline(self, value: Any) -> bytes | None:
        """The bytes to store of a picture that the feed holds itself, plain or as base64.

        Raises:
            BadValue: if it is neither, or the picture is damaged.
        """
        if isinstance(value, Mapping) and "bytes" not in value:
            return next((self.read(one) for one in references_in(value)), None)
        if isinstance(value, Mapping):
            value = value["bytes"]  # how Hugging Face datasets lay out an image column
        if value is None or isinstance(value, bytes):
            return stored(value) if value else None
        if not isinstance(value, str):
            raise BadValue("image is neither bytes nor base64 text")
        text = value.strip()
        if _ADDRESS.match(text) or _FILE.search(text):
            return next((self.read(one) for one in references_in(text)), None)
        text = text.partition(",")[2] if text.startswith("data:") else text
        return stored(_from_base64(text)) if text else None

    def of_id(self, item_id: str) -> bytes | None:
        """The picture below the folder that is named after an id; None if there is none.

        H&M's ids have ten digits, of which spreadsheets drop the leading zero.
        """
        path = self._by_stem.get(item_id) or self._by_stem.get(item_id.zfill(_ARTICLE_DIGITS))
        return None if path is None else stored(path.read_bytes())

    @cached_property
    def _by_stem(self) -> dict[str, Path]:
        return {path.stem: path for path in pictures_below(self._root)}

    def _read_file(self, relative: str) -> bytes:
        root = self._root.resolve()
        plain = relative.replace("\\", "/").lstrip("/")
        candidates = [plain, plain.partition("?")[0], unquote(plain.partition("?")[0])]
        try:
            for one in dict.fromkeys(candidates):
                path = (root / one).resolve()
                if not path.is_relative_to(root):
                    raise BadValue("image path leads out of the images folder")
                if path.is_file():
                    return path.read_bytes()
        except (OSError, ValueError):
            pass
        found = self._elsewhere(plain.casefold())
        if found is None:
            raise BadValue("image is missing")
        return found.read_bytes()

    def _elsewhere(self, plain: str) -> Path | None:
        """The one picture below the folder whose path ends so, or else that has this name.

        A list in a packed folder, or from another system, may name files from another folder or
        write their names in other letters.
        """
        named = self._by_name.get(plain.rpartition("/")[2], [])
        ending = [one for one in named if one.as_posix().casefold().endswith(f"/{plain}")]
        fitting = ending or named
        return fitting[0] if len(fitting) == 1 else None

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        by_name: dict[str, list[Path]] = {}
        for path in pictures_below(self._root.resolve()):
            by_name.setdefault(path.name.casefold(), []).append(path)
        return by_name

    def _fetch(self, address: str) -> bytes:
        """The bytes to store of the picture at an address."""
        name = hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()
        body, note = self._cache / name[:2] / name, self._cache / name[:2] / f"{name}.json"
        headers = _conditions(note) if body.exists() else {}
        try:
            answer = self._downloads.get(address, headers)
        except FetchFault as fault:
            raise BadValue(f"picture at an address: {fault}") from None
        if answer.status == 304:
            return body.read_bytes()
        body.parent.mkdir(parents=True, exist_ok=True)
        picture = stored(answer.content)
        staging = body.with_suffix(f".{threading.get_ident()}.part")
        staging.write_bytes(picture)
        staging.replace(body)
        kept = {k: answer.headers[k] for k in ("etag", "last-modified") if k in answer.headers}
        note.write_text(json.dumps({"address": address, **kept}))
        return picture


class NamedPictures(ProductPictures):
    """Takes every picture that a feed names to be there, and reads none: for a dry run."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, Downloads(), root)

    def read(self, reference: str | bytes) -> bytes:
        return reference if isinstance(reference, bytes) else reference.encode("utf-8", "replace")

    def read_inline(self, value: Any) -> bytes | None:
        return value.encode("utf-8", "replace") if isinstance(value, str) else _NAMED

    def of_id(self, item_id: str) -> bytes | None:
        return _NAMED if item_id in self._by_stem else None


def references_in(value: Any, _deep: int = 0) -> list[str | bytes]:
    """Every picture that a value names, in order: a list, or addresses or paths in a row. What is
    nested deeper than any feed nests its pictures names none."""
    if _deep > _DEEPEST:
        return []
    if isinstance(value, list):
        return [one for part in value for one in references_in(part, _deep + 1)]
    if isinstance(value, Mapping):
        inner = ("src", "url", "href", "link", "path", "bytes")
        return references_in(next((value[k] for k in inner if value.get(k)), None), _deep + 1)
    if isinstance(value, bytes):
        return [value] if value else []
    text = str(value or "").strip()
    if is_blank(text):
        return []
    if text.startswith("["):
        try:
            return references_in(json.loads(text), _deep + 1)
        except (ValueError, RecursionError):
            text = text.strip("[] ")  # as Python writes a list
            parts = [part.strip("'\" ") for part in text.split("', '")]
            return [one for part in parts for one in references_in(part, _deep + 1)]
    if _ADDRESS.match(text):
        return [part.split(" ")[0] for part in _BREAKS.split(text)]
    if text.startswith("data:") or len(_SUFFIX.findall(text)) == 1:
        return [text]  # a path may hold commas
    return [part.strip() for part in re.split(r"[|;,]", text) if part.strip()]


def stored(data: bytes) -> bytes:
    """The bytes to keep of a picture.

    Raises:
        BadValue: if a later stage could not decode it.
    """
    try:
        return shown_picture(data, max_side=MAX_SIDE)[0]
    except ImageError as error:
        raise BadValue(_REASONS.get(type(error), "image is damaged or incomplete")) from None


def _conditions(note: Path) -> dict[str, str]:
    try:
        kept = json.loads(note.read_text())
    except (OSError, ValueError):
        return {}
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {header: str(kept[name]) for name, header in names.items() if name in kept}


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadValue("image is not base64; for file names use the column image_path") from None
