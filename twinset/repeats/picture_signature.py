"""A short description of a picture, by which copies of one picture are known again.

A signature is made of the picture alone: a perceptual hash (pHash: the signs of the lowest
frequencies of the brightness) that finds candidates, and a thumbnail of brightness and colour that
decides. An item's vector does not decide: it is of the item's words too, and a striped tie is as
near to a plain one as a picture is to a smaller copy of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinset.errors import ImageError
from twinset.images.decode import ImageLimits, decode_image

Signature = NDArray[np.uint8]
Signatures = NDArray[np.uint8]

# Bits of the hash in which copies may differ, and levels (of 255) of each part of the thumbnail.
# Photos of 224 pixels that were saved at quality 50 or made half as large stay below both.
NEAR_BITS, NEAR_LEVELS = 6, 8
_HASHED, _FREQUENCIES = 32, 8
_BRIGHTNESS, _COLOUR = 16, 8
_HASH_BYTES = _FREQUENCIES**2 // 8
LENGTH = _HASH_BYTES + _BRIGHTNESS**2 + 2 * _COLOUR**2
# A picture is decoded no larger than this needs.
_DECODED = (64, 64)


def read_signature(data: bytes | None, limits: ImageLimits | None = None) -> Signature:
    """The signature (392,) of an image file; zeros if there is none or it cannot be read."""
    try:
        if data is not None:
            return signature_of(decode_image(data, limits, _DECODED))
    except ImageError:
        pass  # the item is listed without its picture, and is like no other
    return np.zeros(LENGTH, np.uint8)


def signature_of(image: Image.Image) -> Signature:
    """The signature (392,) of a picture; never all zeros."""
    parts = image.convert("YCbCr").split()
    sides = _BRIGHTNESS, _COLOUR, _COLOUR
    small = [_shrunk(part, side).ravel() for part, side in zip(parts, sides, strict=True)]
    return np.concatenate([_hash(parts[0]), *small])


def has_signature(signatures: Signatures) -> NDArray[np.bool_]:
    """(n,) which of the signatures (n, 392) are of a picture."""
    return np.asarray(signatures.any(axis=1))


def hashes_of(signatures: Signatures) -> NDArray[np.uint64]:
    """The perceptual hashes (n,) in signatures (n, 392)."""
    return np.ascontiguousarray(signatures[:, :_HASH_BYTES]).view(np.uint64).ravel()


def brightness_of(signatures: Signatures) -> NDArray[np.float64]:
    """How bright the pictures (n,) of signatures (n, 392) are on average, 0..255."""
    return np.asarray(signatures[:, _HASH_BYTES : _HASH_BYTES + _BRIGHTNESS**2].mean(axis=1))


def are_near(some: Signatures, others: Signatures) -> NDArray[np.bool_]:
    """(n,) whether each signature of `some` (n, 392) is that of a copy of its counterpart."""
    bits = np.bitwise_count(hashes_of(some) ^ hashes_of(others))
    levels = np.abs(some[:, _HASH_BYTES:].astype(np.int16) - others[:, _HASH_BYTES:])
    return np.asarray((bits <= NEAR_BITS) & (levels.max(axis=1, initial=0) <= NEAR_LEVELS))


def _hash(brightness: Image.Image) -> NDArray[np.uint8]:
    """The bits (8,) of pHash: which low frequencies are above their median."""
    waves = _WAVES @ _shrunk(brightness, _HASHED).astype(np.float64) @ _WAVES.T
    return np.packbits(waves.ravel() > np.median(waves))


def _shrunk(band: Image.Image, side: int) -> NDArray[np.uint8]:
    return np.asarray(band.resize((side, side), Image.Resampling.BOX))


def _cosines() -> NDArray[np.float64]:
    """The lowest rows (8, 32) of the discrete cosine transform."""
    places, frequencies = np.arange(_HASHED), np.arange(_FREQUENCIES)
    return np.cos(np.pi * (2 * places + 1) * frequencies[:, None] / (2 * _HASHED))


_WAVES = _cosines()
