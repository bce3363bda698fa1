"""Searching by photo: the kind of garment that a photo shows decides where to look."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.concurrency.image_decoding import Box
from twinset.errors import InvalidInput
from twinset.index.index_versions import IndexVersion
from twinset.photo.catalogue_kinds import CatalogueKinds, KindGuess
from twinset.photo.photo_head import PHOTO, STUDIO, PhotoHead, evidence
from twinset.photo.photo_reading import PhotoReading
from twinset.views.best_view_index import by_any_picture

Vector = NDArray[np.float32]
_GUESSES = 5
# Whose kinds are kept: of each version that is asked for, and of each filter of a browser key.
_MOST_KEPT = 16
# Weights of a kind's direction beside the photo's own vector: guessed, and named by the caller.
_GUESSED, _NAMED = 1.0, 1.4
# The power of a kind's chance that it steers by: in a list of both, items of a kind half as likely
# are right half as often.
_SHARPER = 2
# A kind less likely than this steers nothing, and is not said to.
_CONFIDENT = 0.5
# Chances of a garment below which a photo shows none, and a picture as a studio makes them.
_HARDLY, _NEVER = 0.5, 0.1
# A cosine to an item from which on a photo is of that item.
_SAME = 0.92
# Between these cosines to the item most like it, a photo by a shopper turns into one of that item:
# of photos by people who were learnt from about nine in ten have a lower one than the first, of
# studio photos made a shopper's, whose item is there, four in five a higher one than the second.
_ALIKE = (0.78, 0.86)
# The chance of the likeliest kind where a catalogue names no kinds.
_USUAL = 0.8


@dataclass(frozen=True, slots=True)
class PhotoQuery:
    """How to look at a photo: the part inside `box`, the `kind` of the catalogue to look for.

    With `understand` false the picture is compared as it is, whatever it is seen to show. With
    `anything` true items are found even for a picture without a garment. `regions` asks for the
    parts that show a garment each.
    """

    box: Box | None = None
    kind: str | None = None
    understand: bool = True
    anything: bool = False
    regions: bool = False

    @property
    def may_split(self) -> bool:
        """True if the photo may be looked at garment by garment."""
        return self.understand and self.box is None and self.kind is None


@dataclass(frozen=True)
class Region:
    """A part of a photo that shows a garment, and its likeliest kind if kinds are known."""

    box: Box
    kind: KindGuess | None


@dataclass(frozen=True)
class PhotoLook:
    """What a photo was read as: its likeliest kinds, and the one that steers if one does.

    `nothing_fits` is true if it shows no garment, and nobody asked for items all the same. Of two
    `regions` the items were found in turns.
    """

    kinds: tuple[KindGuess, ...] = ()
    field: str | None = None
    steered: KindGuess | None = None
    nothing_fits: bool = False
    regions: tuple[Region, ...] = ()


class PhotoSearch:
    """Reads photos by the kinds of a version, which are collected once for each version."""

    def __init__(self, head: PhotoHead | None) -> None:
        """`head` is the encoder's; None if it has none."""
        self._head = head
        # Replaced as a whole, never changed: several threads read it.
        self._kinds: Mapping[Hashable, CatalogueKinds] = {}
        self._last: tuple[PhotoReading, CatalogueKinds, Vector] | None = None

    @property
    def has_head(self) -> bool:
        """True if photos are read, and not only compared."""
        return self._head is not None

    def is_quick(self, version: IndexVersion, reading: PhotoReading) -> bool:
        """True if `look` needs neither collect the kinds of a version nor search its items."""
        key = _kinds_key(version)
        if key is not None and key not in self._kinds:
            return False
        return reading.studio >= STUDIO and not self.fits_nothing(version, reading)

    def look(
        self, version: IndexVersion, reading: PhotoReading, asked: PhotoQuery
    ) -> tuple[Vector, PhotoLook]:
        """The vector (d,) to search with, and what was read.

        Raises:
            InvalidInput: the catalogue has no such kind.
        """
        refuses = asked.understand and asked.kind is None and not asked.anything
        if refuses and self.fits_nothing(version, reading) and not _is_known(version, reading):
            return reading.plain, PhotoLook(nothing_fits=True)
        kinds = self.kinds_of(version)
        if kinds is None or not kinds.names:
            if asked.kind is not None:
                raise InvalidInput("This catalogue does not say what kinds its items are.")
            return (reading.leaning if asked.understand else reading.plain), PhotoLook()
        named = None if asked.kind is None else kinds.place_of(asked.kind)
        if asked.kind is not None and named is None:
            raise InvalidInput("No item is of this kind; an answer's `kinds` names some that are.")
        chances: Vector | None = None
        guesses: tuple[KindGuess, ...] = ()
        if self._head is not None:
            chances = self._chances(kinds, reading, self._head)
            guesses = kinds.likeliest(chances, _GUESSES)
        if named is not None:
            vector = _unit(reading.leaning + _NAMED * kinds.directions[named])
            return vector, PhotoLook(guesses, version.category, KindGuess(kinds.names[named], 1.0))
        if chances is None or not asked.understand:
            return reading.plain, PhotoLook(guesses, version.category)
        share = _steered_share(version, reading)
        likely = np.asarray(chances**_SHARPER, np.float32)
        likely /= max(float(likely.sum()), 1e-12)
        leaning = share * reading.leaning + (1 - share) * reading.plain
        vector = _unit(leaning + share * _GUESSED * (likely @ kinds.directions))
        sure = guesses[0] if share > 0 and guesses[0].confidence >= _CONFIDENT else None
        return vector, PhotoLook(guesses, version.category, sure)

    def fits_nothing(self, version: IndexVersion, reading: PhotoReading) -> bool:
        """True if the photo shows nothing that a shop for garments could have."""
        if self._head is None:
            return False
        if reading.studio >= 0.5:
            return reading.garment < _NEVER
        kinds, likeliest = self.kinds_of(version), _USUAL
        if kinds is not None and kinds.names:
            likeliest = float(self._chances(kinds, reading, self._head).max())
        found = evidence(reading.familiar, reading.garment, likeliest)
        return reading.garment < _HARDLY or found < self._head.least_evidence

    def _chances(self, kinds: CatalogueKinds, reading: PhotoReading, head: PhotoHead) -> Vector:
        """The chances of the kinds, kept for the last photo: one look asks for them three times."""
        last = self._last
        if last is None or last[0] is not reading or last[1] is not kinds:
            chances = kinds.chances(reading.kind, head.kind_scale)
            self._last = last = (reading, kinds, chances)
        return last[2]

    def kinds_of(self, version: IndexVersion) -> CatalogueKinds | None:
        """The version's kinds; None if the catalogue has no category of texts."""
        key = _kinds_key(version)
        if key is None:
            return None
        kinds = self._kinds.get(key)
        if kinds is None:
            column = version.items.columns[version.category or ""]
            kinds = CatalogueKinds.of(column, version.index, version.alive)
            self._kinds = {**dict(list(self._kinds.items())[1 - _MOST_KEPT :]), key: kinds}
        return kinds


def _kinds_key(version: IndexVersion) -> Hashable | None:
    """What tells kinds that are kept apart; None if the catalogue has no category of texts."""
    column = version.items.columns.get(version.category or "")
    if column is None or column.vocabulary is None:
        return None
    # Live writes make a version several times a second; its kinds hardly change with them.
    return version.name, len(column.vocabulary), version.restriction


def _steered_share(version: IndexVersion, reading: PhotoReading) -> float:
    """How far what a photo is seen to show may steer, from 0 to 1.

    Not at all for a studio's picture, nor if an item looks so much like the photo that it is
    likely the very garment.
    """
    share = float(np.clip((STUDIO - reading.studio) / (STUDIO - PHOTO), 0, 1))
    if share == 0:
        return 0.0
    apart = (_ALIKE[1] - _likest(version, reading)) / (_ALIKE[1] - _ALIKE[0])
    return share * float(np.clip(apart, 0, 1))


def _is_known(version: IndexVersion, reading: PhotoReading) -> bool:
    """True if an item looks just like the photo: then it is a picture of the shop's own."""
    return _likest(version, reading) >= _SAME


def _likest(version: IndexVersion, reading: PhotoReading) -> float:
    """The cosine of the item that looks most like a photo as it is."""
    index = by_any_picture(version.index, version.views, version.alive)
    _, scores = index.search(reading.plain[None], 1)
    return float(scores[0, 0])


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
