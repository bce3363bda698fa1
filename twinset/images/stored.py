"""Pictures as the catalogue keeps them: whole, and in a format that every browser shows."""

from __future__ import annotations

import io

from twinset.images.decode import ImageLimits, decode_image, is_within
from twinset.images.formats import sniff_format

# A check needs the pixels read, not kept: a large JPEG is decoded at a fraction of its size.
_CHECK_SIZE = (32, 32)
_QUALITY = 90


def shown_picture(
    data: bytes, limits: ImageLimits | None = None, max_side: int | None = None
) -> tuple[bytes, str]:
    """The bytes to store of a product picture, and their media type.

    The bytes are `data` itself, unless browsers do not show its format (HEIC) or a side is longer
    than `max_side`: then they are a JPEG of the same picture, scaled down.

    Raises:
        ImageError: if the picture cannot be used, see `decode_image`.
    """
    kind = sniff_format(data)
    if kind.shown_by_browsers and (max_side is None or is_within(data, max_side)):
        decode_image(data, limits, _CHECK_SIZE)
        return data, kind.media_type
    target = None if max_side is None else (max_side, max_side)
    image = decode_image(data, limits, target)
    if target is not None:
        image.thumbnail(target)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue(), "image/jpeg"
