"""A dual encoder: one image tower and one text tower that meet in a shared space.

The folder says all that is needed to run it: `encoder.json` (preprocessing, tokens, fusion),
`image.onnx` (pixels -> features), `text.onnx` (token ids, mask -> features), `tokenizer.json`.
Work is split in three, so that a service can overlap it: preparation on the CPU, the model, and
normalisation after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL.Image import Image

from twinset.edits.composer import Composes
from twinset.encoders.dual_spec import DualSpec
from twinset.encoders.encoder import (
    ItemVectors,
    Vectors,
    fuse,
    normalise,
    require_a_side,
    scatter,
)
from twinset.encoders.item_views import VIEWS
from twinset.encoders.photo_reader import PhotoReader, open_photo_head
from twinset.encoders.picture_resize import STRETCHED
from twinset.encoders.runtime.batch_shapes import LARGEST_BATCH, run_in_batches
from twinset.encoders.runtime.onnx_runtime import Model, Twice, open_layers, open_model
from twinset.encoders.runtime.text_tower import is_one_token, open_text_tower
from twinset.errors import ArtefactError, InvalidInput
from twinset.languages.multilingual_texts import MultilingualTexts, load_languages
from twinset.photo.photo_head import PhotoHead
from twinset.photo.tower_taps import NO_TAPS, Taps
from twinset.relevance.relevance_curves import RelevanceCurves

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

IMAGE_MODEL = "image.onnx"
TEXT_MODEL = "text.onnx"
TOKENIZER = "tokenizer.json"
PHOTO_BRANCH = "photo.onnx"
Side = Literal["image", "text"]


def stretch(image: Image, width: int, height: int) -> Image:
    """The model's view of an upright RGB image; the image itself if it has that size.

    Training caches and the service prepare pixels by this one function, so they agree exactly.
    """
    return STRETCHED.apply(image, width, height)


def resize_image(image: Image, width: int, height: int) -> NDArray[np.uint8]:
    """`stretch` as pixels, (height, width, 3), 8-bit."""
    return np.asarray(stretch(image, width, height), dtype=np.uint8)


class DualEncoder:
    """See `twinset.encoders.encoder.Encoder`. Built by `load_encoder`."""

    composer: Composes | None = None  # of its folder, if there is one
    relevance: RelevanceCurves | None = None

    def __init__(
        self,
        spec: DualSpec,
        fingerprint: str,
        image: Model,
        text: Model,
        tokenizer: Tokenizer | None,
    ) -> None:
        self.spec = spec
        self.fingerprint = fingerprint
        self.languages: MultilingualTexts | None = None
        self.photo_reader: PhotoReader | None = None
        self.image_model = image
        self._text_model = text
        self._tokenizer = tokenizer
        if tokenizer is not None:
            tokenizer.enable_truncation(spec.max_tokens)
            tokenizer.no_padding()

    @classmethod
    def load(
        cls, folder: Path, manifest: Mapping[str, Any], device: str, threads: int | None
    ) -> DualEncoder:
        """Open the files of a folder whose checksums were verified."""
        head = open_photo_head(folder, manifest)
        taps = NO_TAPS if head is None else head.taps
        spec, (tower, text), tokenizer = open_parts(folder, manifest, device, threads, taps)
        image = tower if head is None else _without_taps(tower, spec.dimension)
        encoder = cls(spec, str(manifest["fingerprint"]), image, text, tokenizer)
        encoder.languages = load_languages(folder, manifest, spec.dimension)
        if head is not None:
            encoder.photo_reader = _open_photo_reader(
                folder, manifest, head, tower, (device, threads)
            )
        encoder._try_out(folder)
        return encoder

    @classmethod
    def load_side(
        cls, folder: Path, manifest: Mapping[str, Any], device: str, side: Side
    ) -> DualEncoder:
        """Open what one side of items needs, whose files' checksums were verified."""
        spec, (image, text), tokenizer = open_parts(folder, manifest, device, None, side=side)
        encoder = cls(spec, str(manifest["fingerprint"]), image, text, tokenizer)
        if side == "text":
            encoder.languages = load_languages(folder, manifest, spec.dimension)
        encoder._try_out(folder, side)
        return encoder

    def _try_out(self, folder: Path, side: Side | None = None) -> None:
        """Refuse weights that `encoder.json` does not describe, before anything relies on them."""
        sides: Mapping[Side, tuple[str, Callable[[], Vectors]]] = {
            "image": (
                IMAGE_MODEL,
                lambda: self.encode_images([PillowImage.new("RGB", self.image_size)]),
            ),
            "text": (TEXT_MODEL, lambda: self.encode_texts(["shirt"])),
        }
        for name, (file, encode) in sides.items():
            if side not in (None, name):
                continue
            try:
                usable = bool(np.isfinite(encode()).all())
            except (RuntimeError, ValueError):
                usable = False
            if not usable:
                raise ArtefactError(folder / file, "does not fit encoder.json")

    @property
    def photo_head(self) -> PhotoHead | None:
        """What query photos are read by, if the folder has it."""
        return None if self.photo_reader is None else self.photo_reader.head

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def dimension(self) -> int:
        return self.spec.dimension

    @property
    def text_template(self) -> str:
        return self.spec.text_template

    @property
    def item_image_weight(self) -> float | None:
        return self.spec.item_image_weight

    @property
    def image_size(self) -> tuple[int, int]:
        return self.spec.image_width, self.spec.image_height

    def prepare_image(self, image: Image) -> Image:
        """The upright RGB image at the size and shape that the image tower expects."""
        return self.spec.resize.apply(image, *self.image_size)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        return normalise(self._run_image_model(images, self.dimension))

    def read_photos(self, images: Sequence[Image]) -> Vectors:
        """Query photos -> rows for `PhotoReading.of_row`; only if there is a photo head."""
        if self.photo_reader is None:
            raise InvalidInput("This encoder has no photo head.")
        return self.photo_reader.read(
            len(images), lambda part, size: self.pixels(images[part], size)
        )

    def _encode_views(self, images: Sequence[Image]) -> Vectors:
        """Images -> the mean of their views, (n, d)."""
        views = [VIEWS[name] for name in self.spec.item_views]
        sides = [self.encode_images([view(image) for image in images]) for view in views]
        return normalise(np.sum(sides, axis=0, dtype=np.float32))

    def _run_image_model(self, images: Sequence[Image], width: int) -> Vectors:
        def run(part: slice, size: int) -> Vectors:
            return self.image_model({"pixels": self.pixels(images[part], size)})

        return run_in_batches(len(images), width, run)

    def pixels(self, images: Sequence[Image], size: int) -> NDArray[np.uint8]:
        """Prepared pixels (size, h, w, 3), zero after those of the images."""
        batch = np.zeros((size, self.spec.image_height, self.spec.image_width, 3), np.uint8)
        for place, image in enumerate(images):
            batch[place] = np.asarray(self.prepare_image(image), np.uint8)
        return batch

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        english = self.encode_english
        return self.languages.route(texts, english) if self.languages else english(texts)

    def encode_english(self, texts: Sequence[str]) -> Vectors:
        """Texts -> (n, d) by the text tower, whatever their language."""
        return normalise(self._run_text_model(texts, self.dimension))

    def _run_text_model(self, texts: Sequence[str], width: int) -> Vectors:
        # Texts of a length go together: one longer text would make all of its batch cost more.
        tokens = self._opened_tokenizer.encode_batch(list(texts))
        lengths = np.array([self.spec.filled_length(len(one)) for one in tokens], np.int64)
        rows = np.empty((len(texts), width), np.float32)
        for length in np.unique(lengths):
            places = np.flatnonzero(lengths == length)
            for part in np.split(places, range(LARGEST_BATCH, len(places), LARGEST_BATCH)):
                rows[part] = self._text_model(self._inputs([tokens[place] for place in part]))
        return rows

    def tokenise(self, texts: list[str]) -> dict[str, NDArray[np.int64]]:
        """Texts -> model inputs, (n, t) each, padded to the longest and on to a usual length."""
        return self._inputs(self._opened_tokenizer.encode_batch(texts))

    def _inputs(self, encodings: Sequence[Encoding]) -> dict[str, NDArray[np.int64]]:
        padding, length = self.spec.padding, self.spec.filled_length(max(map(len, encodings)))
        ids = np.full((len(encodings), length), padding.token, np.int64)
        mask = np.full_like(ids, 0 if padding.masked else 1)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding.ids
            mask[row, : len(encoding)] = encoding.attention_mask
        return {"input_ids": ids, "attention_mask": mask}

    @property
    def _opened_tokenizer(self) -> Tokenizer:
        return _closed(None) if self._tokenizer is None else self._tokenizer

    def knows_word(self, word: str) -> bool:
        """True if the tokenizer reads a word as one token, as it does common words alone."""
        return is_one_token(self._opened_tokenizer, word)

    def encode_items(
        self, images: Sequence[Image | None], texts: Sequence[str | None]
    ) -> ItemVectors:
        image = scatter(images, self._encode_views, self.dimension)
        text = scatter(texts, self.encode_texts, self.dimension)
        require_a_side(images, texts)
        return ItemVectors(image, text, fuse(image, text, self.spec.item_image_weight))


def _closed(_: Any) -> Any:
    raise RuntimeError("this side of the encoder was not opened")


def _without_taps(tower: Model, width: int) -> Model:
    """The tower as it was before its taps: the numbers are the same, and it is held once."""
    return lambda inputs: np.ascontiguousarray(tower(inputs)[:, :width])


def _open_photo_reader(
    folder: Path,
    manifest: Mapping[str, Any],
    head: PhotoHead,
    tower: Model,
    where: tuple[str, int | None],
) -> PhotoReader:
    branch = None
    if head.branch:
        require_listed(folder, manifest, PHOTO_BRANCH)
        # Twice, it would take 45 MB more for a tenth of the branch's time, and when many ask alone.
        branch = open_model(folder / PHOTO_BRANCH, *where, twice=Twice.NEVER)
    glance = open_layers([(head.glance, head.glance_bias)])
    return PhotoReader(head, tower, branch, glance, open_layers(head.layers))


def open_parts(
    folder: Path,
    manifest: Mapping[str, Any],
    device: str,
    threads: int | None,
    taps: Taps = NO_TAPS,
    side: Side | None = None,
) -> tuple[DualSpec, tuple[Model, Model], Tokenizer | None]:
    """The specification, the image and the text tower, and the tokenizer of a verified folder.

    With `side`, the tower of the other one stays closed; pictures need no tokenizer.
    """
    spec = DualSpec.from_manifest(manifest, folder / "encoder.json")
    require_listed(folder, manifest, IMAGE_MODEL, TEXT_MODEL, TOKENIZER)
    tokenizer = None if side == "image" else _open_tokenizer(folder / TOKENIZER)
    image: Model = _closed
    text: Model = _closed
    if side != "text":
        twice = Twice.WHEN_SEVERAL if side is None else Twice.WHEN_MANY
        image = open_model(folder / IMAGE_MODEL, device, threads, spec.pixels, taps, twice)
    if side != "image":
        text = open_text_tower(folder / TEXT_MODEL, device, threads)
    return spec, (image, text), tokenizer


def _open_tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer  # takes a tenth of a second, and pictures alone need none

    try:
        return Tokenizer.from_file(str(path))
    except Exception:  # the library raises bare Exception
        raise ArtefactError(path, "is not a tokenizer") from None


def require_listed(folder: Path, manifest: Mapping[str, Any], *files: str) -> None:
    """Refuse a folder whose manifest leaves a file out: its checksum was not verified then."""
    for file in files:
        if file not in manifest["files"]:
            raise ArtefactError(folder / "encoder.json", f"does not list {file}")
