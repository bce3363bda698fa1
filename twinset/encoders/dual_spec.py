"""What `encoder.json` says of a dual encoder, which decides its output next to the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

from twinset.encoders.item_views import VIEWS, WHOLE
from twinset.encoders.picture_resize import STRETCHED, ResizeRule
from twinset.encoders.runtime.batch_shapes import token_length
from twinset.encoders.runtime.onnx_runtime import PixelScale, Triple
from twinset.errors import ArtefactError

ARCHITECTURE = "dual-onnx"


@dataclass(frozen=True)
class TextPadding:
    """How short texts are filled up: with `token`; to `max_tokens` if `fixed` is true, else to a
    usual length; a text tower that ignores padding gets a mask, one that reads it (SigLIP) gets
    ones if `masked` is false."""

    token: int = 0
    fixed: bool = False
    masked: bool = True


@dataclass(frozen=True)
class DualSpec:
    """The part of `encoder.json` that decides the output, next to the weights.

    `item_views` names the views (`encoders.item_views`) whose mean is the image side of an item.
    """

    name: str
    dimension: int
    image_width: int
    image_height: int
    pixels: PixelScale
    max_tokens: int
    text_template: str
    item_image_weight: float
    item_views: tuple[str, ...] = WHOLE
    resize: ResizeRule = STRETCHED
    padding: TextPadding = field(default_factory=TextPadding)

    def filled_length(self, tokens: int) -> int:
        """The length that texts of up to so many tokens are filled up to."""
        return self.max_tokens if self.padding.fixed else token_length(tokens, self.max_tokens)

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], path: Path) -> DualSpec:
        """Read the fields of `encoder.json`.

        Raises:
            ArtefactError: if a field is missing or of the wrong shape.
        """
        try:
            image, text = manifest["image"], manifest["text"]
            spec = cls(
                name=str(manifest["name"]),
                dimension=int(manifest["dimension"]),
                image_width=int(image["width"]),
                image_height=int(image["height"]),
                pixels=PixelScale(_three(image["mean"]), _three(image["std"])),
                max_tokens=int(text["max_tokens"]),
                text_template=str(text["template"]),
                item_image_weight=float(manifest["item_image_weight"]),
                item_views=tuple(manifest.get("item_views", WHOLE)),
                resize=ResizeRule.parse(image.get("resize", str(STRETCHED))),
                padding=TextPadding(**text.get("padding", {})),
            )
            _require_usable(spec, manifest["fingerprint"])
            return spec
        except (KeyError, TypeError, ValueError):
            raise ArtefactError(path, "lacks a field or has one of the wrong type") from None

    def to_manifest(self) -> dict[str, Any]:
        """The inverse of `from_manifest`."""
        return {
            "name": self.name,
            "architecture": ARCHITECTURE,
            "dimension": self.dimension,
            "normalisation": "l2",
            "item_image_weight": self.item_image_weight,
            "item_views": list(self.item_views),
            "image": {
                "width": self.image_width,
                "height": self.image_height,
                "resize": str(self.resize),
                "mean": list(self.pixels.mean),
                "std": list(self.pixels.std),
            },
            "text": self._text_manifest(),
        }

    def _text_manifest(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"max_tokens": self.max_tokens, "template": self.text_template}
        if self.padding != TextPadding():  # fingerprints of older encoders stay as they are
            fields["padding"] = asdict(self.padding)
        return fields


def _require_usable(spec: DualSpec, fingerprint: object) -> None:
    if min(spec.dimension, spec.image_width, spec.image_height, spec.max_tokens) < 1:
        raise ValueError("a size is below 1")
    if not spec.item_views or not set(spec.item_views) <= VIEWS.keys():
        raise ValueError("an item is looked at in an unknown way")
    if not isinstance(fingerprint, str) or not fingerprint:
        raise ValueError("there is no fingerprint")
    for _, column, form, conversion in Formatter().parse(spec.text_template):
        if column is not None and (not column.isidentifier() or form or conversion):
            raise ValueError("a text template holds names of columns and no more")


def _three(values: Sequence[float]) -> Triple:
    first, second, third = (float(value) for value in values)
    return first, second, third
