"""The encoding of a text file, found from its bytes."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path

from twinset.errors import CatalogueError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAMPLE = 1024 * 1024
# One byte a letter: which of these a short text is in, no detector can say from its bytes alone.
_WESTERN = ("cp1252", "cp1250", "iso8859_15", "iso8859_2")
# Its bytes are those of Icelandic but for six letters.
_TURKISH = re.compile("\\b(ürün|fiyat|ad\u0131|kodu|renk|beden|aç\u0131klama|kategori|görsel)\\b")
# A price in crowns, and in forints beside letters that a Hungarian text has in cp1250 alone.
_CROWNS, _FORINTS = re.compile(r"\d\s?Kč"), re.compile(r"\d\s?Ft\b")
# Letters of Shift JIS: kana and the usual kanji. A text of so few bytes above ASCII says little.
_PAIR, _ABOVE_ASCII, _FEW_BYTES = (
    re.compile(rb"[\x81-\x9f][\x40-\xfc]"),
    re.compile(rb"[\x80-\xff]"),
    60,
)
_BLOCK = 1024 * 1024
_SIGN_IN_WORD = re.compile(r"[^\W\d_][^\w\s!-~]|[^\w\s!-~][^\W\d_]|[\x80-\x9f]")


def as_utf8(path: Path, encoding: str | None, work: Path, guess: bool = True) -> Path:
    """The file itself if it is UTF-8, else a copy in `work` that is.

    Without `encoding` the bytes decide: a byte order mark, then UTF-8, then, if `guess` is true,
    what charset-normalizer finds likeliest. A UTF-8 file with a few broken bytes stays as it is,
    so that only the rows that hold them are lost.

    Raises:
        CatalogueError: if `encoding` is unknown, or the file is not text in it.
    """
    found = encoding or _guess(path, guess)
    if found in ("utf-8", "utf-8-sig") and not (guess and _ends_in_returns(path)):
        return path
    copy = work / path.name
    try:
        newline = None if guess else ""  # a lone carriage return ends lines of old tables
        with (
            path.open(encoding=found, newline=newline) as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            while block := source.read(_BLOCK):
                target.write(block)
    except (LookupError, UnicodeError):
        raise CatalogueError(f"{path}: is not text in {found}; name one with --encoding") from None
    times = path.stat()
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))  # when the shop wrote the feed
    return copy


def _guess(path: Path, guess: bool) -> str:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    for mark, name in _MARKS.items():
        if sample.startswith(mark):
            return name
    if b"\0" in sample[:4096]:
        return "utf-16-le" if sample[1:2] == b"\0" else "utf-16-be"
    broken = sample.decode("utf-8", "replace").count("\ufffd")
    letters = sum(byte > 127 for byte in sample)
    if broken <= letters * 0.2 or not guess:
        return "utf-8"
    turkish = set(_TURKISH.findall(sample.decode("cp1254", "replace").casefold()))
    if len(turkish) > 1:
        return "cp1254"
    if _is_central(sample):
        return "cp1250"
    if letters <= _FEW_BYTES and _is_japanese(sample):
        return "cp932"
    from charset_normalizer import from_bytes  # most feeds are UTF-8 and do without

    best = from_bytes(sample, cp_isolation=["cp1252", "cp1250", "cp1251", "iso8859_15"]).best()
    best = best or from_bytes(sample).best()
    if best is not None and best.encoding not in _WESTERN:
        return best.encoding
    return min(_WESTERN, key=lambda name: _odd_letters(sample, name))


def _is_japanese(sample: bytes) -> bool:
    """True for a text of few Japanese words in Shift JIS, too few for a detector.

    The first byte of each letter has to be one of those that Western and Cyrillic encodings use for
    quotation marks and dashes at most, and one second byte to be none of ASCII, as after those.
    """
    try:
        sample.decode("cp932")
    except UnicodeDecodeError:
        return False
    pairs = _PAIR.findall(sample)
    return bool(_ABOVE_ASCII.search(b"".join(pair[1:] for pair in pairs))) and not (
        _ABOVE_ASCII.search(_PAIR.sub(b"", sample))
    )


def _is_central(sample: bytes) -> bool:
    text = sample.decode("cp1250", "replace")
    if _CROWNS.search(text):
        return True
    return _FORINTS.search(text) is not None and bool({"ő", "ű"} & set(text.casefold()))


def _odd_letters(sample: bytes, encoding: str) -> int:
    """How many signs stand inside words if the bytes are read in an encoding."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return len(sample)
    return len(_SIGN_IN_WORD.findall(text))


def _ends_in_returns(path: Path) -> bool:
    """True for a text whose lines end in a carriage return alone, as old Macs wrote them."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    return b"\r" in sample and b"\n" not in sample
