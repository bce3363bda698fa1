"""How the pictures that live writes brought look: which pictures of the version they repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from twinset.index.vector_index import Rows, Vectors
from twinset.repeats.picture_signature import Signature
from twinset.repeats.same_pictures import SamePictures, StoredPictures


@dataclass(frozen=True)
class Look:
    """The signature (392,) of a picture, and the rows of the base version that it is a copy of."""

    signature: Signature
    copies: Rows

    @classmethod
    def over(cls, base: SamePictures | None, kept: Vectors) -> Self:
        """The look of a picture over a version; `kept` (392,) is its signature as the log keeps it.

        A picture that cannot be read, whose signature is zeros, repeats nothing.
        """
        signature = kept.astype(np.uint8)
        if not isinstance(base, StoredPictures) or not signature.any():
            return cls(signature, np.empty(0, np.int64))
        return cls(signature, base.copies_of(signature))


def look_key(sha: str) -> str:
    """The name under which the log keeps the signature of a picture, beside its vectors."""
    return f"picture-1:{sha}"
