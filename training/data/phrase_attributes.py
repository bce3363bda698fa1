"""Which attributes of a catalogue make the phrases of its training texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from training.config import TrainingConfig
from twinset.catalogue import Catalogue


def fit_attributes(config: TrainingConfig, catalogue: Catalogue) -> TrainingConfig:
    """The configuration with the attributes that the catalogue has, so that any shop can train.

    Names that the catalogue lacks are left out of `augmentation.phrase_attributes` and
    `optimisation.alike`. If no phrase attribute is left, the catalogue's own text attributes are
    used; if `alike` becomes empty, products of one category count as similar.
    """
    kept = known_attributes(config.augmentation.phrase_attributes or (), catalogue)
    alike = tuple(name for name in config.optimisation.alike if name in kept)
    return replace(
        config,
        augmentation=replace(config.augmentation, phrase_attributes=kept),
        optimisation=replace(config.optimisation, alike=alike),
    )


def known_attributes(names: Sequence[str], catalogue: Catalogue) -> tuple[str, ...]:
    """The names that the catalogue has, or if it has none of them all its attributes of text."""
    kept = tuple(name for name in names if name in catalogue.attributes)
    return kept or _text_attributes(catalogue)


def _text_attributes(catalogue: Catalogue) -> tuple[str, ...]:
    schema = catalogue.rows().schema
    return tuple(n for n in catalogue.attributes if pa.types.is_string(schema.field(n).type))
