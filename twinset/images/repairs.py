"""Small damage that every browser forgives, mended so that Pillow reads the picture.

Only files that Pillow refuses come here, so whole files pay nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
from PIL.Image import Image

_END_OF_IMAGE = b"\xff\xd9"
# Entropy-coded bytes that no real scan holds for long. If the scan is complete, they are passed
# over; if it is not, they become visible garbage.
_PROBE = bytes(range(1, 129)) * 32
# How much of a picture may be missing at its lower edge: a row of blocks, and the two rows above
# that colour is smoothed into.
_LOST_ROWS = 18
_LOST_SHARE = 1 / 16
_MOST_CHUNKS = 10_000
_SIDE_CHUNK = 0x20  # the bit of a PNG chunk's first letter that says readers may pass it over


def mend_jpeg(data: bytes, decode: Callable[[bytes], Image]) -> Image | None:
    """The picture of a JPEG that lost its last bytes; None if it lost part of what is seen.

    A decoder fills in what a cut scan lacks, so how much is missing cannot be read from its
    answer. It is decoded twice, with nothing and with garbage behind its last byte: rows that
    differ were not in the file.
    """
    if data.rstrip(b"\0").endswith(_END_OF_IMAGE):
        return None
    image = decode(data + _END_OF_IMAGE)
    probed = np.asarray(decode(data + _PROBE + _END_OF_IMAGE))
    differing = np.flatnonzero((np.asarray(image) != probed).reshape(len(probed), -1).any(axis=1))
    lost = len(probed) - int(differing[0]) if len(differing) else 0
    return image if lost <= max(_LOST_ROWS, len(probed) * _LOST_SHARE) else None


def mend_png(data: bytes) -> bytes | None:
    """A PNG without its side chunks of a wrong checksum; None if it has none of these.

    Chunks that hold pixels, sizes or the palette are kept as they are, so damage there is found.
    """
    kept, position, dropped = [data[:8]], 8, False
    while position + 12 <= len(data) and len(kept) < _MOST_CHUNKS:
        end = position + 12 + int.from_bytes(data[position : position + 4])
        chunk = data[position:end]
        position = end
        wrong = zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:])
        if wrong and chunk[4] & _SIDE_CHUNK:
            dropped = True
        else:
            kept.append(chunk)
        if chunk[4:8] == b"IEND":
            break
    return b"".join(kept) if dropped else None
