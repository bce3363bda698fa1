"""What Pillow does not check of an image file.

Two ways to keep a decoder busy for minutes with 8 MiB: millions of empty segments, each a turn of
a loop in Pillow, and thousands of scans of a JPEG, each of which visits every block of the image
(libjpeg-turbo, "Two issues with the JPEG standard"). And pixels of a PNG are read without a look
at their checksums.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from typing import Any

# A PNG of 8 MiB in chunks of 1 KiB takes half of them; a JPEG or a GIF a hundred.
MOST_READS = 50_000
# libjpeg writes 10 scans, optimisers two or three times as many.
MOST_SCANS = 64
_MOST_SEGMENTS = 10_000
# The markers that begin a segment, or end the image. Stuffed bytes and restarts are none.
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = b"\xd8", b"\xd9", b"\xda"


class BoundedFile(io.BytesIO):
    """A file in memory that can be read `MOST_READS` times.

    Raises:
        ValueError: if it is read once more.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = MOST_READS

    def read(self, *arguments: Any) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise ValueError("the image has too many parts")
        return super().read(*arguments)


def count_scans(jpeg: bytes) -> int:
    """How many scans a JPEG has, up to its end; 1 unless it is progressive or not interleaved.

    Raises:
        ValueError: if more than `MOST_SCANS`, or more segments than any photo has.
    """
    position = scans = 0
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(jpeg, position)
        if found is None or found[1] == _END_OF_IMAGE:
            return scans
        position = found.end()
        if found[1] == _START_OF_IMAGE:
            continue
        scans += found[1] == _START_OF_SCAN
        if scans > MOST_SCANS:
            break
        position += max(2, int.from_bytes(jpeg[position : position + 2]))
    raise ValueError("the image has too many parts")


def coefficient_bytes(jpeg: bytes) -> int:
    """What the coefficients of a JPEG take in memory while several scans are read, in bytes.

    Two bytes for each sample of each component (libjpeg's virtual arrays). 0 if there is no frame
    header, which decoding then finds out.
    """
    position = 2
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(jpeg, position)
        if found is None:
            return 0
        position = found.end()
        if found[1][0] in _FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", jpeg, position + 3)
            factors = jpeg[position + 9 : position + 8 + 3 * jpeg[position + 7] : 3]
            sampled = [(factor >> 4) * (factor & 15) for factor in factors] or [1]
            return int(2 * width * height * sum(sampled) / max(sampled))
        if found[1] != _START_OF_IMAGE:
            position += max(2, int.from_bytes(jpeg[position : position + 2]))
    return 0


def check_pixel_data(png: bytes) -> None:
    """Compare the checksum of each chunk of pixels; the decoder compares those of all others.

    To be asked of a file that was read already, as that bounds how many chunks there are.

    Raises:
        ValueError: if one is another.
    """
    view = memoryview(png)
    position = 8  # after the signature
    while position + 8 <= len(png):
        kind = png[position + 4 : position + 8]
        end = position + 8 + int.from_bytes(png[position : position + 4])
        if kind == b"IDAT" and zlib.crc32(view[position + 4 : end]) != int.from_bytes(
            png[end : end + 4]
        ):
            raise ValueError("the checksum of pixel data is wrong")
        if kind == b"IEND":
            return
        position = end + 4
