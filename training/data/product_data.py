"""Products as training sees them: pixels decoded once into a memory map, names, attributes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray

from training.config import DataConfig
from twinset.artefacts import sha256_of
from twinset.catalogue import Catalogue
from twinset.encoders.dual_encoder import resize_image
from twinset.errors import CatalogueError, ImageError
from twinset.images.decode import decode_image
from twinset.progress import progress_bar
from twinset.text.word_template import render_texts

MISSING = -1
OTHER = "Other"


@dataclass(frozen=True, eq=False)  # hashed by identity: `kinds` is cached
class Products:
    """Row-aligned views of a catalogue of n products.

    `pixels` (n, height, width, 3) uint8, `has_image` (n,) bool, `texts` n strings (blank where a
    product has no words), `titles` n names, `codes` (n, a) int32: the value of each of the a
    `attributes` by number, `MISSING` if it is null; `values[a]` turns a number into its text.
    `categories` (n,) int32 numbers the categories after rare ones were merged, `MISSING` for
    "Other" and null. `fuller_texts` are the texts that half of the training uses instead, or
    None. `photos` (f, height, width, 3) uint8 are further photos, a memory map; the one at the
    place `photo_places[i]` is of the product `photo_rows[i]`, (p,) each, ascending by product.
    """

    pixels: NDArray[np.uint8]
    has_image: NDArray[np.bool_]
    texts: list[str]
    titles: list[str]
    attributes: tuple[str, ...]
    codes: NDArray[np.int32]
    values: list[list[str]]
    categories: NDArray[np.int32]
    fuller_texts: list[str] | None
    photos: NDArray[np.uint8]
    photo_places: NDArray[np.int64]
    photo_rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def names(self) -> NDArray[np.int64]:
        """(n,): the number of each product's name among the different ones."""
        return np.unique(self.titles, return_inverse=True)[1].astype(np.int64)

    @cache  # noqa: B019  (products live as long as the run)
    def kinds(self, alike: tuple[str, ...]) -> NDArray[np.int32]:
        """(n,): the number of each product's values of the attributes `alike`, in their order;
        of its category if none is named."""
        if not alike:
            return self.categories
        columns = self.codes[:, [self.attributes.index(name) for name in alike]]
        return np.unique(columns, axis=0, return_inverse=True)[1].ravel().astype(np.int32)

    @cached_property
    def rarity(self) -> NDArray[np.float32]:
        """(n, a): how much each attribute of a product tells, -ln of its value's share of the
        products; 0 if it is null."""
        told = np.zeros(self.codes.shape, np.float32)
        for column, codes in enumerate(self.codes.T):
            known = codes != MISSING
            counts = np.bincount(codes[known], minlength=len(self.values[column]))
            told[known, column] = -np.log(counts[codes[known]] / len(codes))
        return told

    @cached_property
    def has_photo(self) -> NDArray[np.bool_]:
        """(n,): which products have a further photo."""
        flags = np.zeros(len(self), np.bool_)
        flags[self.photo_rows] = True
        return flags

    def second_views(self, rows: NDArray[np.int64], generator: torch.Generator) -> torch.Tensor:
        """uint8 (v, height, width, 3): one of each product's further photos, else its image."""
        draws = torch.rand(len(rows), generator=generator).numpy()
        first = np.searchsorted(self.photo_rows, rows, "left")
        count = np.searchsorted(self.photo_rows, rows, "right") - first
        views = self.pixels[rows]
        taken = count > 0
        drawn = first[taken] + (draws[taken] * count[taken]).astype(np.int64)
        views[taken] = self.photos[self.photo_places[drawn]]
        return torch.from_numpy(views)


def load_products(
    catalogue: Catalogue,
    config: DataConfig,
    attributes: Sequence[str],
    cache: Path,
    photos: Path | None = None,
) -> Products:
    """Read a catalogue for training; images are decoded once and kept in the folder `cache`.

    `photos` is a Parquet file with the columns `id` and `image`: further photos of the products,
    any number of each.

    Raises:
        CatalogueError: if a named attribute is not in the catalogue, or a column not in `photos`.
    """
    unknown = [name for name in attributes if name not in catalogue.attributes]
    if unknown:
        known = ", ".join(catalogue.attributes)
        raise CatalogueError(f"{catalogue.path}: has no attribute {unknown[0]!r}; it has {known}")
    rows = catalogue.rows()
    titles = [title or "" for title in rows["title"].to_pylist()]
    codes, values = _encode_attributes([rows[name].to_pylist() for name in attributes])
    size = (config.image_height, config.image_width)
    pixels, has_image = _cached_pixels(catalogue.path, catalogue.images, size, cache)
    further = _further_photos(photos, rows["id"].to_pylist(), size, cache)
    category = catalogue.category
    fuller = with_category(item_template(config, category), category)
    return Products(
        pixels,
        has_image,
        _render(item_template(config, category), rows),
        titles,
        tuple(attributes),
        codes,
        values,
        number_categories(category_values(catalogue), config.rare_category),
        _render(fuller, rows) if config.category_in_text == "sometimes" else None,
        *further,
    )


def _further_photos(
    path: Path | None, ids: Sequence[str], size: tuple[int, int], cache: Path
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Further photos (f, h, w, 3), the places (p,) of those to use in the order of their products,
    and those products' rows (p,); photos of other products, and those that do not decode, are not
    used."""
    if path is None:
        return np.empty((0, *size, 3), np.uint8), np.empty(0, np.int64), np.empty(0, np.int64)
    try:
        file = pq.ParquetFile(path)
        file.schema_arrow.field("image")
        owners = [str(value) for value in file.read(["id"])["id"].to_pylist()]
    except (OSError, pa.ArrowException, KeyError) as error:
        raise CatalogueError(
            f"{path}: is no Parquet file with `id` and `image` ({error})"
        ) from None

    def images() -> Iterator[bytes | None]:
        for batch in file.iter_batches(512, columns=["image"]):
            yield from batch.column("image").to_pylist()

    pixels, decoded = _cached_pixels(path, images, size, cache / "photos")
    position = {item: row for row, item in enumerate(ids)}
    of = np.array([position.get(owner, MISSING) for owner in owners], np.int64)
    usable = np.flatnonzero(decoded & (of != MISSING))
    places = usable[np.argsort(of[usable], kind="stable")]
    return pixels, places, of[places]


def item_template(config: DataConfig, category: str | None) -> str:
    """The template of an item's text; `category` is the catalogue's category attribute."""
    template = config.text_template.replace("{category}", f"{{{category}}}" if category else "")
    always = config.category_in_text == "always"
    return with_category(template, category) if always else template


def with_category(template: str, category: str | None) -> str:
    """A template whose texts name the category, at the end unless they do so already."""
    field = f"{{{category}}}"
    return template if category is None or field in template else f"{template} {field}"


def _render(template: str, rows: pa.Table) -> list[str]:
    return [text or "" for text in render_texts(template, rows)]


def category_values(catalogue: Catalogue) -> list[str | None]:
    """Each product's category as text; all None if the catalogue names no category."""
    if catalogue.category is None:
        return [None] * len(catalogue)
    values = catalogue.rows([catalogue.category])[catalogue.category].to_pylist()
    return [None if value is None else str(value) for value in values]


def number_categories(values: Sequence[str | None], rare: int) -> NDArray[np.int32]:
    """Each product's category by number, (n,); `MISSING` for null, "Other", and rare ones.

    A category is rare with fewer than `rare` products, and is merged into "Other".
    """
    counts = Counter(value for value in values if value is not None)
    kept = sorted(name for name, count in counts.items() if count >= rare and name != OTHER)
    position: dict[str | None, int] = {name: code for code, name in enumerate(kept)}
    return np.array([position.get(value, MISSING) for value in values], np.int32)


def _encode_attributes(
    columns: Sequence[Sequence[object]],
) -> tuple[NDArray[np.int32], list[list[str]]]:
    size = len(columns[0]) if columns else 0
    codes = np.full((size, len(columns)), MISSING, np.int32)
    values: list[list[str]] = []
    for number, column in enumerate(columns):
        names = sorted({str(value) for value in column if value is not None})
        position = {name: code for code, name in enumerate(names)}
        codes[:, number] = [MISSING if v is None else position[str(v)] for v in column]
        values.append(names)
    return codes, values


def _cached_pixels(
    source: Path,
    images: Callable[[], Iterator[bytes | None]],
    size: tuple[int, int],
    cache: Path,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The images (n, h, w, 3) of a file, decoded, and which of them did (n,).

    The cache is keyed by the file's bytes and the size; another key decodes anew.
    """
    key = json.dumps({"catalogue": sha256_of(source), "size": list(size)})
    marker, file, flags = cache / "key.json", cache / "pixels.npy", cache / "has_image.npy"
    if not (marker.exists() and marker.read_text() == key):
        cache.mkdir(parents=True, exist_ok=True)
        marker.unlink(missing_ok=True)
        shape = (pq.read_metadata(source).num_rows, *size, 3)
        pixels = np.lib.format.open_memmap(file, "w+", np.uint8, shape)
        np.save(flags, _decode_into(images(), pixels))
        pixels.flush()
        marker.write_text(key)  # last: a cache without it is not finished
    return np.load(file, mmap_mode="r"), np.load(flags)


def _decode_into(images: Iterator[bytes | None], pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Fill (n, height, width, 3) with n images; False if there is none."""
    height, width = pixels.shape[1:3]

    def decode(data: bytes | None) -> NDArray[np.uint8] | None:
        if data is None:
            return None
        try:
            return resize_image(decode_image(data, target=(width, height)), width, height)
        except ImageError:
            return None

    has_image = np.zeros(len(pixels), np.bool_)
    with progress_bar() as progress, ThreadPoolExecutor() as pool:
        task = progress.add_task("decoding images", total=len(pixels))
        row = 0
        while chunk := list(islice(images, 512)):
            for image in pool.map(decode, chunk):
                if image is not None:
                    pixels[row], has_image[row] = image, True
                row += 1
            progress.update(task, completed=row)
    return has_image
