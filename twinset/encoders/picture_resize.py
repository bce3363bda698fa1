"""How a picture becomes the size that an image tower expects, as `encoder.json` says it."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image as PillowImage
from PIL.Image import Image

_STRETCH, _CROP = "stretch", "crop"
_RESAMPLING = {
    "bilinear": PillowImage.Resampling.BILINEAR,
    "bicubic": PillowImage.Resampling.BICUBIC,
    "lanczos": PillowImage.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class ResizeRule:
    """Reproduces the resizing that a model was trained with, so that its vectors stay right.

    `mode` is "stretch" (both sides to the target) or "crop" (the shorter side to the target, then
    the centre); `resampling` is "bilinear", "bicubic" or "lanczos".
    """

    mode: str = _STRETCH
    resampling: str = "bilinear"

    @classmethod
    def parse(cls, text: str) -> ResizeRule:
        """Read `encoder.json`'s form, such as "crop-bicubic".

        Raises:
            ValueError: if the mode or the resampling is unknown.
        """
        mode, _, resampling = text.partition("-")
        if mode not in (_STRETCH, _CROP) or resampling not in _RESAMPLING:
            raise ValueError(f"resize {text!r} is unknown")
        return cls(mode, resampling)

    def __str__(self) -> str:
        return f"{self.mode}-{self.resampling}"

    def apply(self, image: Image, width: int, height: int) -> Image:
        """An upright RGB image at (width, height); unchanged if it has that size already."""
        if image.size == (width, height):
            return image
        filtered = _RESAMPLING[self.resampling]
        if self.mode == _STRETCH:
            # Only bilinear models are trained here, from pictures reduced in this same way.
            gap = 2.0 if self.resampling == "bilinear" else None
            return image.resize((width, height), filtered, reducing_gap=gap)
        scale = max(width / image.width, height / image.height)
        size = (max(width, int(image.width * scale)), max(height, int(image.height * scale)))
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        return image.resize(size, filtered).crop((left, top, left + width, top + height))


STRETCHED = ResizeRule()
