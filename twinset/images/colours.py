"""Colours as sRGB: encoders are trained on it, and screens without a profile assume it.

A picture of a phone is often in Display P3, one of a studio in Adobe RGB or ProPhoto. Read as if
it were sRGB, its colours are paler than they are.
"""

from __future__ import annotations

import io
import struct
from functools import cache

from PIL import Image, ImageChops, ImageCms

# The gamma that a PNG without a profile names is 1 / 2.2 for sRGB; others are brought to it.
_SRGB_GAMMA = 1 / 2.2
_SAME_GAMMA = 0.02
# Little CMS names each colour space by four letters.
_SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK"}
_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError, struct.error)


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture with its colours in sRGB; in place if it is RGB, a new RGB picture if CMYK.

    A profile that is damaged, that belongs to another colour space, or that is sRGB changes
    nothing: the pixels are then the best guess.
    """
    space = _SPACES.get(image.mode)
    if not profile or space is None or b"sRGB" in profile or b"s\0R\0G\0B" in profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != space:
            return image
        if image.mode == "CMYK":
            return ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB") or image
        ImageCms.profileToProfile(image, source, _srgb(), inPlace=True)
    except _PROFILE_ERRORS:
        pass
    return image


def apply_gamma(image: Image.Image, gamma: object) -> Image.Image:
    """The picture with the gamma that a PNG's gAMA chunk names brought to that of sRGB.

    The alpha channel is linear and stays (PNG specification, 11.3.2.2).
    """
    if not isinstance(gamma, float) or not 0.05 <= gamma <= 5:
        return image
    if abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA or image.mode not in ("L", "LA", "RGB", "RGBA"):
        return image
    exponent = _SRGB_GAMMA / gamma
    curve = [round(255 * (value / 255) ** exponent) for value in range(256)]
    bands = len(image.getbands())
    has_alpha = image.mode.endswith("A")
    straight = list(range(256))
    tables = [straight if has_alpha and band == bands - 1 else curve for band in range(bands)]
    return image.point([value for table in tables for value in table])


def undo_adobe_inversion(image: Image.Image) -> Image.Image:
    """A CMYK JPEG without Adobe's marker as it is meant.

    Adobe stores ink inverted and says so by a marker; Pillow inverts every CMYK JPEG, also those
    without the marker, which then look like their negative.
    """
    if image.mode == "CMYK" and "adobe" not in image.info:
        return ImageChops.invert(image)
    return image
