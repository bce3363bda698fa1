"""The ways in which an item's one picture is looked at.

The mean of several views says more of a product than the picture as it is: what depends on the
side it faces and on how tightly it is framed averages out. It costs their number of encodes, when
an item is embedded; a query is encoded once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PIL import ImageOps
from PIL.Image import Image

from twinset.images.decode import crop_box

_MARGIN = 0.06  # of each side: what a product photo leaves free around the product


def _whole(image: Image) -> Image:
    return image


def _centre(image: Image) -> Image:
    return crop_box(image, (_MARGIN, _MARGIN, 1 - _MARGIN, 1 - _MARGIN))


VIEWS: Mapping[str, Callable[[Image], Image]] = {
    "whole": _whole,
    "mirrored": ImageOps.mirror,
    "centre": _centre,
}
WHOLE = ("whole",)
