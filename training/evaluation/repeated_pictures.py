"""Items of a catalogue with the same picture: the report of `twinset evaluate --duplicates`."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np

from twinset.catalogue import Catalogue
from twinset.progress import track
from twinset.repeats.picture_groups import picture_groups
from twinset.repeats.picture_signature import Signature, Signatures, has_signature, read_signature

# Groups and items of a group that are named; a placeholder may be the picture of thousands.
_LARGEST, _NAMED = 20, 10
_AT_ONCE = 256


def repeated_pictures(catalogue: Catalogue) -> dict[str, Any]:
    """How many pictures repeat another's, and the largest groups of items with one picture.

    `repeats` items take no place of their own in answers.
    """
    signatures = _signatures(track(catalogue.images(), "Comparing pictures", len(catalogue)))
    codes = picture_groups(signatures)
    first, sizes = np.unique(codes[codes >= 0], return_counts=True)
    table = catalogue.rows().select(["id", "title"])
    largest = []
    for place in np.argsort(-sizes, kind="stable")[:_LARGEST].tolist():
        rows = np.flatnonzero(codes == first[place])
        named = table.take(rows[:_NAMED]).to_pylist()
        largest.append({"items": len(rows), "named": named})
    return {
        "pictures": int(has_signature(signatures).sum()),
        "groups": len(first),
        "repeats": int(sizes.sum()) - len(first),
        "largest": largest,
    }


def _signatures(pictures: Iterable[bytes | None]) -> Signatures:
    """The signature of each picture, (n, 392); read in threads, few pictures at a time."""
    given = iter(pictures)
    rows: list[Signature] = []
    with ThreadPoolExecutor() as threads:
        while some := list(islice(given, _AT_ONCE)):
            rows += threads.map(read_signature, some)
    return np.stack(rows)
