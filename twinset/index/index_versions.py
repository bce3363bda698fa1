"""Index versions on disk: what the index builder publishes and the service opens.

    INDEX/
      CURRENT                        the live version, and below it those that were live before
      encoders/                      the encoders of versions that brought their own
      live.sqlite                    live writes, see `twinset.live.write_log`
      20261123T120501Z-1a2b3c4d/     one immutable version: when it was built, of which inputs
        manifest.json                encoder, dimension, count, kind, checksums
        index.faiss                  vectors; row r is item r (compressed ones: and vectors.npy)
        milvus.json, pgvector.json   instead of both: the collection or table that holds them
        items.parquet                every field of the items
        items.arrow                  the same for mapping, if there are many items;
        rows.bin                     and each in one piece, see `twinset.index.mapped.row_file`;
        columns.arrow                what filters and facets work on,
        image_places.arrow           and what images.parquet says
        pictures-<sha256>.bin        pictures end to end; a pack is shared with other versions
        images.parquet               in which pack each item's picture lies, and where
        words.arrow                  the words of the items, see `twinset.lexical.word_index`
        picture_calibration.npy      how words alone compare with pictures
        views/, view_images.parquet  further pictures, see `twinset.views.stored_views`
        picture_signatures.npy       how pictures look, and same_pictures.npy which are the same
      report.html, report.json     how its encoder was evaluated; if the build was given it

A version never changes once it is there. Going live, and going back, is one atomic write of
CURRENT, or of the line in PostgreSQL, see `twinset.index.shared`. Names sort by time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from twinset.artefacts import MANIFEST, read_manifest
from twinset.embeddings import EncoderIdentity
from twinset.errors import ArtefactError, Conflict, NotFound
from twinset.index.engines import engine_in, engine_of
from twinset.index.indexed_items import Images, ImageStore, Items, ItemTable
from twinset.index.mapped.mapped_columns import COLUMNS_FILE
from twinset.index.mapped.picture_places import MAPPED_PLACES_FILE
from twinset.index.mapped.row_file import ROWS_FILE
from twinset.index.shared.version_files import fetch_version, known_manifests, share_version
from twinset.index.shared.version_line import CURRENT, is_version, line_of
from twinset.index.vector_index import Mask, VectorIndex
from twinset.lexical.picture_calibration import PictureCalibration
from twinset.lexical.word_index import WordIndex, Words
from twinset.repeats.same_pictures import SamePictures, StoredPictures
from twinset.views.stored_views import StoredViews, Views

KIND = "index"
ITEMS_FILE, MAPPED_ITEMS_FILE = "items.parquet", "items.arrow"
IMAGE_PLACES_FILE = "images.parquet"
_FILES = (ITEMS_FILE, IMAGE_PLACES_FILE)
# A feed that was cut off half way makes a sound index of half of a shop.
LEAST_SHARE = 0.5


@dataclass(frozen=True)
class IndexVersion:
    """One version, opened: checked against its checksums, read-only, safe across threads.

    Row r of `index`, `items` and `images` is the same item. It lives as long as it is referenced
    and needs no closing; deleting its folder does not disturb it.
    """

    name: str
    folder: Path
    encoder_name: str
    fingerprint: str
    category: str | None
    index: VectorIndex
    items: Items
    images: Images
    manifest: Mapping[str, Any]
    # None for a version built without: words are then compared by vectors alone.
    words: Words | None = None
    # None if too few items have both words and a picture to tell how the two compare.
    calibration: PictureCalibration | None = None
    # None for a version built without: no item is then known to repeat another's picture.
    pictures: SamePictures | None = None
    # (n,) which rows are items; None if all are. Only live writes leave rows without one.
    alive: Mask | None = None
    # The filter that some items are hidden by, as it was parsed; None if all are shown. Hidden rows
    # still stand in the index: see `restricted_version`.
    restriction: str | None = None
    # Of the last live write in it; 0 for a version as it was built.
    sequence: int = 0
    # Further pictures of the items; None if none has any.
    views: Views | None = None

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def count(self) -> int:
        """How many items there are: rows, less those that were deleted."""
        return len(self) if self.alive is None else int(self.alive.sum())

    @property
    def restricted(self) -> bool:
        """True if some items are hidden."""
        return self.restriction is not None

    @property
    def revision(self) -> str:
        """Another one whenever any item is: the version's name, its live writes, what it hides."""
        written = f"{self.name}+{self.sequence}" if self.sequence else self.name
        return f"{written} {self.restriction}" if self.restricted else written

    @property
    def dimension(self) -> int:
        return self.index.dimension

    def require_encoder(self, encoder: EncoderIdentity) -> None:
        """Refuse an encoder other than the one that made the vectors.

        Raises:
            ArtefactError: if the fingerprint or the dimension differs.
        """
        if (encoder.fingerprint, encoder.dimension) != (self.fingerprint, self.dimension):
            made_by = (
                f"was built with another encoder ({self.encoder_name}); export and build again"
            )
            raise ArtefactError(self.folder / MANIFEST, made_by)


def shrinks_too_much(items: int, live_items: int) -> bool:
    """True for a version that lost so many items that its feed was probably cut off."""
    return items < LEAST_SHARE * live_items


def current_version(index_dir: Path) -> str:
    """The name of the live version.

    Raises:
        ArtefactError: if CURRENT is missing or holds no version name.
        NotReady: if the store that says it does not answer.
    """
    return history(index_dir)[0]


def history(index_dir: Path) -> list[str]:
    """The live version, then those that were live before it, the latest first."""
    return line_of(index_dir).names()


def has_live_version(index_dir: Path) -> bool:
    """True if a version is live, whether it can be opened or not."""
    try:
        return bool(history(index_dir))
    except ArtefactError:
        return (index_dir / CURRENT).exists()


def set_current(index_dir: Path, name: str, instead_of: str | None = None) -> None:
    """Make a version the live one; a crash leaves the old or the new name, never a mix.

    What lies in Milvus follows: its alias moves first, and moves again when this is repeated. The
    service itself searches the collection that the version names, whatever the alias.

    Raises:
        NotFound: if there is no such version.
        NotReady, ConfigError: if the store or Milvus does not answer or is not named.
        Conflict: if `instead_of` is given and is not the live version any more.
    """
    if is_version(name):
        fetch_version(index_dir, name)
        share_version(index_dir, name)
    with line_of(index_dir).changing() as write:
        if not is_version(name) or not (index_dir / name / MANIFEST).is_file():
            raise NotFound("There is no such index version.")
        try:
            before = history(index_dir)
        except ArtefactError:
            before = []  # the first version, or one that replaces a damaged CURRENT
        if instead_of is not None and before[:1] != [instead_of]:
            raise Conflict("Another index version went live in the meantime.")
        there = known_manifests(index_dir)
        _make_live(index_dir / name)
        write([name, *(old for old in before if old != name and old in there)])


def earlier_version(index_dir: Path) -> str:
    """The version that was live before the live one and is still there.

    Raises:
        Conflict: if there is none.
    """
    there = known_manifests(index_dir)
    for name in history(index_dir)[1:]:
        if name in there:
            return name
    raise Conflict("There is no earlier index version to go back to.")


def go_back(index_dir: Path, name: str) -> None:
    """Make `name`, the earlier version, the live one.

    Going back again goes further back: the version that was left is no longer in the line.

    Raises:
        Conflict: if it is not the earlier version any more.
    """
    fetch_version(index_dir, name)
    with line_of(index_dir).changing() as write:
        if earlier_version(index_dir) != name:
            raise Conflict("Another index version went live in the meantime.")
        names = history(index_dir)
        _make_live(index_dir / name)
        write(names[names.index(name, 1) :])


def follow_current(index_dir: Path) -> None:
    """Let Milvus's alias lead to the live version, if a switch was cut short.

    Raises:
        NotReady, ConfigError: if Milvus does not answer or is not named.
    """
    with line_of(index_dir).changing():
        _make_live(index_dir / current_version(index_dir))


def open_version(index_dir: Path, name: str | None = None) -> IndexVersion:
    """Open a version, by default the live one, after checking every file's checksum.

    A version that other machines share is fetched first if the folder lacks it.

    Raises:
        ArtefactError: if CURRENT or a file is missing, damaged, or does not fit the others.
        NotFound: if `name` has not the form of a version name.
        NotReady, ConfigError: if it lies in a Milvus that does not answer or is not named.
    """
    if name is not None and not is_version(name):
        raise NotFound("There is no such index version.")
    name = name or current_version(index_dir)
    fetch_version(index_dir, name)
    folder = index_dir / name
    manifest = read_manifest(folder, KIND)
    for file in (index_file(manifest), *_FILES):
        if file not in manifest["files"]:
            raise ArtefactError(folder / MANIFEST, f"does not list {file}")
    _check_sizes(version := open_files(name, folder, manifest))
    return version


def open_files(
    name: str, folder: Path, manifest: Mapping[str, Any], index: VectorIndex | None = None
) -> IndexVersion:
    """The version of a folder of sound files; `index` is its vector index if that is open."""
    try:
        encoder, category = manifest["encoder"], manifest["category"]
        encoder_name, fingerprint = str(encoder["name"]), str(encoder["fingerprint"])
    except (KeyError, TypeError):
        raise ArtefactError(folder / MANIFEST, "lacks a field") from None
    return IndexVersion(
        name=name,
        folder=folder,
        encoder_name=encoder_name,
        fingerprint=fingerprint,
        category=category,
        index=index or engine_of(str(manifest.get("index_kind", "exact"))).open(folder),
        items=_open_items(folder, manifest),
        images=_open_images(folder, manifest),
        manifest=manifest,
        words=WordIndex.of_version(folder, manifest),
        calibration=PictureCalibration.of_version(folder, manifest),
        views=StoredViews.of_version(folder, manifest),
        pictures=StoredPictures.of_version(folder, manifest),
    )


def _open_items(folder: Path, manifest: Mapping[str, Any]) -> ItemTable:
    files = (MAPPED_ITEMS_FILE, COLUMNS_FILE, ROWS_FILE)
    return ItemTable(folder / ITEMS_FILE, *(_if_listed(folder, manifest, f) for f in files))


def _open_images(folder: Path, manifest: Mapping[str, Any]) -> ImageStore:
    mapped = _if_listed(folder, manifest, MAPPED_PLACES_FILE)
    return ImageStore(folder / IMAGE_PLACES_FILE, manifest["files"], mapped)


def _if_listed(folder: Path, manifest: Mapping[str, Any], file: str) -> Path | None:
    return folder / file if file in manifest["files"] else None


def index_file(manifest: Mapping[str, Any]) -> str:
    """The file of a version that holds its vectors, or says where they are."""
    return engine_of(str(manifest.get("index_kind", "exact"))).file


def _make_live(folder: Path) -> None:
    engine_in(folder).make_live(folder)


def _check_sizes(version: IndexVersion) -> None:
    said = version.manifest.get("dimension"), version.manifest.get("count")
    if (version.dimension, len(version.index)) != said:
        file = version.folder / index_file(version.manifest)
        raise ArtefactError(file, "has another shape than the manifest says")
    if len(version.items) != said[1]:
        raise ArtefactError(version.folder / ITEMS_FILE, "has another count than the manifest says")
    if len(version.images) != said[1]:
        raise ArtefactError(version.folder / IMAGE_PLACES_FILE, "has another count than the items")
