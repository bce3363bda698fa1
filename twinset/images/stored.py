"""Pictures as the catalogue keeps them: whole, and in a format that every browser shows."""

from __future__ import annotations

import io

from twinset.images.decode import ImageLimits, decode_image
from twinset.images.formats import sniff_format

# A check needs the pixels read, not kept: a large JPEG is decoded at a fraction of its size.
_CHECK_SIZE = (32, 32)
_QUALITY = 92


def shown_picture(data: bytes, limits: ImageLimits | None = None) -> tuple[bytes, str]:
    """The bytes to store of a product picture, and their media type.

    The bytes are `data` itself, unless browsers do not show its format (HEIC): then they are a
    JPEG of the same pixels.

    Raises:
        ImageError: the picture cannot be used, see `decode_image`.
    """
    kind = sniff_format(data)
    if kind.shown_by_browsers:
        decode_image(data, limits, _CHECK_SIZE)
        return data, kind.media_type
    buffer = io.BytesIO()
    decode_image(data, limits).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue(), "image/jpeg"
