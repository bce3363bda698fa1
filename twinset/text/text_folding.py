"""Text as people compare it: without regard to case, Unicode form or width.

"Zoë" can be written with one character for its last letter or with two, "red" with full-width
letters, "BLACK" with capitals; a shopper means the same.
"""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pyarrow.compute as pc


def compose(text: str) -> str:
    """The text in Unicode's composed form (NFC), the form that Twinset stores."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


# Phones write these for an apostrophe and a hyphen.
_PLAIN_SIGNS = str.maketrans("\u2018\u2019\u02bc\u2010", "'''-")


def plain(text: str) -> str:
    """A query as an encoder reads it best: full-width letters as plain ones (NFKC), typewriter
    apostrophes, no invisible characters such as a soft hyphen or a zero-width space (Unicode
    category Cf)."""
    if text.isascii():
        return text
    normal = unicodedata.normalize("NFKC", text).translate(_PLAIN_SIGNS)
    return "".join(one for one in normal if unicodedata.category(one) != "Cf")


def fold(text: str) -> str:
    """A key that is equal for texts that people read as the same (NFKC, then case folding)."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)  # case folding can undo the composition


def without_accents(text: str) -> str:
    """A text without the marks on its letters: "zoë" is often typed as "zoe"."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def fold_array(texts: pa.StringArray) -> pa.StringArray:
    """`fold` of each text; texts of ASCII alone are folded by Arrow, a hundred times faster."""
    folded = pc.ascii_lower(texts)
    if pc.all(pc.string_is_ascii(texts)).as_py() in (True, None):
        return folded
    values = folded.to_pylist()
    for place, text in enumerate(texts.to_pylist()):
        if text is not None and not text.isascii():
            values[place] = fold(text)
    return pa.array(values, pa.string())
