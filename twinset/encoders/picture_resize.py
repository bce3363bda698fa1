"""How a picture becomes the size that an image tower expects, as `encoder.json` says it."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image as PillowImage
from PIL.Image import Image

_STRETCH, _CROP, _PAD = "stretch", "crop", "pad"
_RESAMPLING = {
    "bilinear": PillowImage.Resampling.BILINEAR,
    "bicubic": PillowImage.Resampling.BICUBIC,
    "lanczos": PillowImage.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class ResizeRule:
    """Reproduces the resizing that a model was trained with, so that its vectors stay right.

    `mode` is "stretch" (both sides to the target), "crop" (the shorter side to the target, then
    the centre) or "pad" (the longer side to the target, then a border in the grey level `fill`,
    0 to 255); `resampling` is "bilinear", "bicubic" or "lanczos".
    """

    mode: str = _STRETCH
    resampling: str = "bilinear"
    fill: int = 0

    @classmethod
    def parse(cls, text: str) -> ResizeRule:
        """Read `encoder.json`'s form, such as "crop-bicubic", or "pad-bicubic-255" with a fill.

        Raises:
            ValueError: if the mode, the resampling or the fill is unknown.
        """
        mode, _, rest = text.partition("-")
        resampling, _, fill = rest.partition("-")
        known = mode in (_STRETCH, _CROP, _PAD) and resampling in _RESAMPLING
        if not known or (fill and (mode != _PAD or int(fill) not in range(256))):
            raise ValueError(f"resize {text!r} is unknown")
        return cls(mode, resampling, int(fill or 0))

    def __str__(self) -> str:
        return f"{self.mode}-{self.resampling}" + (f"-{self.fill}" if self.fill else "")

    def apply(self, image: Image, width: int, height: int) -> Image:
        """An upright RGB image at (width, height); unchanged if it has that size already."""
        if image.size == (width, height):
            return image
        filtered = _RESAMPLING[self.resampling]
        if self.mode == _STRETCH:
            # Only bilinear models are trained here, from pictures reduced in this same way.
            gap = 2.0 if self.resampling == "bilinear" else None
            return image.resize((width, height), filtered, reducing_gap=gap)
        if self.mode == _PAD:
            return self._padded(image, width, height)
        scale = max(width / image.width, height / image.height)
        size = (max(width, int(image.width * scale)), max(height, int(image.height * scale)))
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        return image.resize(size, filtered).crop((left, top, left + width, top + height))

    def _padded(self, image: Image, width: int, height: int) -> Image:
        """The whole picture in the middle of the target; sides are rounded as open_clip rounds."""
        ratio = max(image.width / width, image.height / height)
        size = (max(1, round(image.width / ratio)), max(1, round(image.height / ratio)))
        small = image.resize(size, _RESAMPLING[self.resampling])
        framed = PillowImage.new("RGB", (width, height), (self.fill,) * 3)
        framed.paste(small, ((width - size[0]) // 2, (height - size[1]) // 2))
        return framed


STRETCHED = ResizeRule()
