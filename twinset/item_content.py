"""What an item's vector was made from, as a hash: a vector fits an item only if these agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from twinset.catalogue import Catalogue
from twinset.text.word_template import render_texts


def content_hash(text: str | None, picture: bytes | None) -> str:
    """32 hexadecimal digits for an item's embedded words and its picture's bytes."""
    words = b"-" if text is None else b"+" + text.encode("utf-8", "surrogatepass")
    seen = hashlib.sha256(len(words).to_bytes(8) + words)
    if picture is not None:
        seen.update(picture)
    return seen.hexdigest()[:32]


class SideHashes(NamedTuple):
    """Hashes of an item's words and of its picture; None if it lacks that side."""

    words: str | None
    picture: str | None


def side_hashes(text: str | None, picture: bytes | None) -> SideHashes:
    """Tells which side of an item changed, so that the vector of the other one is kept."""
    return SideHashes(
        None if text is None else content_hash(text, None),
        None if picture is None else content_hash(None, picture),
    )


def content_hashes(catalogue: Catalogue, text_template: str) -> Iterator[str]:
    """`content_hash` of each item of a catalogue, in order."""
    texts = render_texts(text_template, catalogue.rows())
    for text, picture in zip(texts, catalogue.images(), strict=True):
        yield content_hash(text, picture)


def view_hashes(catalogue: Catalogue, text_template: str) -> Iterator[str]:
    """`content_hash` of each further picture of a catalogue, in order, with its item's words."""
    texts = render_texts(text_template, catalogue.rows())
    for text, pictures in zip(texts, catalogue.further_images(), strict=True):
        yield from (content_hash(text, picture) for picture in pictures)
