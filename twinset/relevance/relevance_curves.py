"""The curves of a catalogue or an encoder: one for each kind of query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from twinset.errors import InvalidInput
from twinset.relevance.calibration import Curve
from twinset.words.word_forms import words_of

if TYPE_CHECKING:
    from twinset.words.query.parts import Understood

TEXT, NAME, PHOTO, ITEM, EDIT = "text", "name", "photo", "item", "edit"
# Words that name no kind of product, see `twinset.lexical.title_words`.
WORD: Final = "word"
# Words of another language that no dictionary reads: they are compared by their vectors alone.
FOREIGN: Final = "foreign"
KINDS = (TEXT, NAME, WORD, PHOTO, ITEM, EDIT, FOREIGN)
# An item this relevant is a close match.
FITS: Final = 0.5
# If the best item of a list is less relevant than this, nothing fits. Most nonsense stays below it;
# some passes, so that a real query in rare words is not called nonsense.
UNLIKELY: Final = 0.05
_NAME_WORDS = 4
_OWN_WORDS = 2


@dataclass(frozen=True)
class RelevanceCurves:
    """A curve for each kind of query that could be calibrated.

    `missing` says why the others are missing, for people.
    """

    curves: Mapping[str, Curve] = field(default_factory=dict)
    missing: str | None = None

    def of(self, kind: str) -> Curve | None:
        """The curve of a kind of query; None if there is none.

        Without a curve for `WORD`, such queries are judged as other texts are.
        """
        if kind == WORD and kind not in self.curves:
            kind = TEXT
        return self.curves.get(kind)

    def completed_by(self, other: RelevanceCurves) -> RelevanceCurves:
        """These curves, and those of `other` for kinds that have none here."""
        return RelevanceCurves({**other.curves, **self.curves}, self.missing)

    def to_manifest(self) -> dict[str, Any]:
        """As plain values; the inverse of `from_manifest`."""
        curves = {kind: curve.to_manifest() for kind, curve in self.curves.items()}
        return {"curves": curves} | ({"missing": self.missing} if self.missing else {})

    @classmethod
    def from_manifest(cls, stored: Any) -> Self:
        """Read what `to_manifest` wrote; no curves if nothing was stored.

        Raises:
            InvalidInput: what was stored are no curves.
        """
        if stored is None:
            return cls()
        if not isinstance(stored, Mapping) or not isinstance(stored.get("curves"), Mapping):
            raise InvalidInput("What is stored of relevance are no curves.")
        curves = stored["curves"].items()
        missing = stored.get("missing")
        return cls(
            {kind: Curve.from_manifest(knots) for kind, knots in curves if kind in KINDS},
            missing if isinstance(missing, str) else None,
        )


def kind_of_words(text: str, understood: Understood) -> str:
    """`NAME` if a query of words reads like the name of a product, else `TEXT`; `FOREIGN` if it is
    in another language and none of it was understood.

    A name has at least four words, of which two or more are no values of the catalogue.
    """
    if not understood.in_english and not understood.parts:
        return FOREIGN
    words = words_of(text)
    said = [word for part in understood.parts for word in words_of(part.words)]
    own = [word for word in words if word not in said]
    return NAME if len(words) >= _NAME_WORDS and len(own) >= _OWN_WORDS else TEXT
