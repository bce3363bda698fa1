"""`twinset quantise`: an encoder whose image tower computes in int8, if it still finds as much.

Post-training quantisation (NNCF) with pictures of the catalogue. What comes out is measured against
the encoder that went in, and written only if it says the same: rows within a cosine of 0.99 on
average, and recall within half a point.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from PIL.Image import Image
from rich.console import Console

from training.export.fingerprint import MIN_COSINE, fingerprint_of
from training.export.onnx_import import LOGIT_SCALE
from training.quiet_libraries import quiet_nncf
from twinset.artefacts import new_folder, read_manifest, write_manifest
from twinset.catalogue import Catalogue
from twinset.encoders.dual_encoder import IMAGE_MODEL, PHOTO_BRANCH, DualEncoder
from twinset.encoders.encoder import Encoder, Vectors
from twinset.encoders.encoder_folder import ENCODER_MANIFEST, load_encoder
from twinset.encoders.photo_reader import PHOTO_HEAD
from twinset.errors import ConfigError, ImageError
from twinset.images.decode import decode_image
from twinset.retrieval_metrics import recall_at
from twinset.text.word_template import render_texts

MAX_RECALL_LOSS = 0.005
RECALL_AT = 10
# Of the pictures, this many set the ranges of the numbers; the others judge.
CALIBRATION = 200
_NOT_SPECIFICATION = ("schema_version", "kind", "files", "fingerprint", "training", LOGIT_SCALE)


@dataclass(frozen=True)
class Sample:
    """n pictures and the text of each."""

    images: list[Image]
    texts: list[str]


@dataclass(frozen=True)
class Verdict:
    """The quantised encoder beside the one it was made from, on pictures it was not tuned on.

    `cosine` is the mean over pictures; recalls are the share of texts that find their own picture
    among the `RECALL_AT` best.
    """

    cosine: float
    recall_before: float
    recall_after: float

    @property
    def accepted(self) -> bool:
        loss = self.recall_before - self.recall_after
        return self.cosine >= MIN_COSINE and loss <= MAX_RECALL_LOSS

    def __str__(self) -> str:
        change = (self.recall_after - self.recall_before) * 100
        return f"cosine {self.cosine:.4f}, recall@{RECALL_AT} {change:+.2f} points"


def quantise(
    encoder: Annotated[Path, typer.Option(help="Encoder folder, in float32.")],
    catalog: Annotated[Path, typer.Option(help="Catalogue with pictures like those to come.")],
    out: Annotated[Path, typer.Option(help="Encoder folder to write.")],
    sample: Annotated[int, typer.Option(min=2 * CALIBRATION, help="Pictures used.")] = 1200,
) -> None:
    """Write an int8 encoder, unless it would find less than the one it is made from."""
    pictures = take_sample(Catalogue(catalog), _dual(encoder), sample)
    verdict = quantise_encoder(encoder, pictures, out)
    Console().print(f"{out}: {verdict}")


def take_sample(catalogue: Catalogue, encoder: DualEncoder, count: int) -> Sample:
    """`count` products with a picture and words, drawn from the whole catalogue; fewer if it has
    less. They are in random order, since neighbours in a catalogue are alike, and their pictures
    are of the size that the encoder reads.

    Raises:
        ConfigError: if it has too few to calibrate and to judge.
    """
    places = np.random.default_rng(0).permutation(len(catalogue)).tolist()
    texts = render_texts(encoder.text_template, catalogue.rows())
    first: dict[int, tuple[Image, str]] = {}  # by place in the random order, `count` at most
    last = len(places)  # a place from which on none is among the first
    for place, text, data in zip(places, texts, catalogue.images(), strict=True):
        if place > last or data is None or text is None:
            continue
        try:
            picture = decode_image(data, target=encoder.image_size)
        except ImageError:
            continue
        first[place] = encoder.prepare_image(picture), text
        if len(first) > count:
            del first[max(first)]
        if len(first) == count:
            last = max(first)
    if len(first) < CALIBRATION + RECALL_AT:
        raise ConfigError(f"{catalogue.path}: too few products with a picture and words")
    chosen = [first[place] for place in sorted(first)]
    return Sample([picture for picture, _ in chosen], [text for _, text in chosen])


def quantise_encoder(folder: Path, sample: Sample, out: Path) -> Verdict:
    """Quantise the image tower of the encoder `folder` into `out`, and say how it compares.

    Raises:
        ConfigError: if it would not be the same to those who search; nothing is written then.
    """
    before = _dual(folder)
    tuning, judging = sample.images[:CALIBRATION], sample.images[CALIBRATION:]
    manifest = read_manifest(folder, "encoder", ENCODER_MANIFEST)
    spec = {key: value for key, value in manifest.items() if key not in _NOT_SPECIFICATION}
    spec["name"] = f"{manifest['name']}-int8"
    with new_folder(out) as staging:
        # The photo head reads inner tensors of the tower, which quantising changes.
        for name in set(manifest["files"]) - {PHOTO_HEAD, PHOTO_BRANCH}:
            shutil.copyfile(folder / name, staging / name)
        pixels = np.stack([np.asarray(before.prepare_image(image)) for image in tuning])
        _quantise_tower(staging / IMAGE_MODEL, before.spec.pixels.apply(pixels))
        fields: dict[str, Any] = {**spec, "fingerprint": fingerprint_of(spec, staging)}
        write_manifest(
            staging, "encoder", fields | {"training": manifest.get("training")}, ENCODER_MANIFEST
        )
        verdict = compare(before, _dual(staging), judging, sample.texts[CALIBRATION:])
        if not verdict.accepted:
            raise ConfigError(f"int8 changes too much and was not written: {verdict}")
    return verdict


def _dual(folder: Path) -> DualEncoder:
    encoder = load_encoder(folder, "cpu")
    if not isinstance(encoder, DualEncoder):
        raise ConfigError(f"{folder}: has no towers to quantise")
    return encoder


def _quantise_tower(path: Path, pixels: Vectors) -> None:
    """Replace a float32 ONNX file by its int8 form, its ranges set by `pixels`, (n, 3, h, w)."""
    import nncf
    import onnx

    dataset = nncf.Dataset([{"pixels": one[None]} for one in pixels])
    model = onnx.load(path)
    attends = any(node.op_type == "Softmax" for node in model.graph.node)
    kind = nncf.ModelType.TRANSFORMER if attends else None
    with quiet_nncf():
        onnx.save(nncf.quantize(model, dataset, model_type=kind, subset_size=len(pixels)), path)


def compare(
    before: Encoder, after: Encoder, images: Sequence[Image], texts: Sequence[str]
) -> Verdict:
    """Judge on n pictures, each with its own text."""
    old, new = before.encode_images(images), after.encode_images(images)
    return Verdict(
        cosine=float(np.vecdot(old, new).mean()),
        recall_before=own_recall(before.encode_texts(texts), old),
        recall_after=own_recall(after.encode_texts(texts), new),
    )


def own_recall(queries: Vectors, pool: Vectors) -> float:
    """The share of queries whose own row of the pool is among the `RECALL_AT` best; (n, d) both."""
    scores = queries @ pool.T
    own = np.diagonal(scores)[:, None]
    return recall_at((scores > own).sum(axis=1) + 1, RECALL_AT)
