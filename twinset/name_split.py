"""Which names are kept out of training, by the name alone, so that nothing else need be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twinset.columns import Mask


def normalised_name(title: str | None) -> str:
    """A title as it is compared: case and spacing aside."""
    return " ".join((title or "").lower().split())


def name_position(name: str) -> float:
    """A place in [0, 1) that depends on the name alone."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def kept_out_names(titles: Sequence[str | None], training: Mapping[str, Any] | None) -> Mask:
    """True for titles (n,) that an encoder was not trained on, by its training record.

    An encoder without a record, or with a split that is not by name alone, has seen none of them
    as far as anybody knows.
    """
    data = (training or {}).get("data") or {}
    share = data.get("test_fraction")
    if data.get("split") != "name-hash" or not isinstance(share, int | float):
        return np.ones(len(titles), np.bool_)
    return np.array([name_position(normalised_name(title)) < share for title in titles], np.bool_)
