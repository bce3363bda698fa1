"""Kinds are read off the items of a catalogue; live writes and rare kinds count as they should."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from twinset.columns import columns_from_table
from twinset.encoders.encoder import normalise
from twinset.index.exact_index import ExactIndex
from twinset.photo.catalogue_kinds import PRIOR, CatalogueKinds

KINDS = ["Shirt", "Hat", "Shirt", None, "Hat", "Shirt", "Gone"]


def _shop() -> tuple[CatalogueKinds, np.ndarray]:
    column = columns_from_table(pa.table({"kind": KINDS}), ["kind"])["kind"]
    vectors = np.random.default_rng(0).normal(size=(len(KINDS), 5)).astype(np.float32)
    vectors = normalise(vectors)
    alive = np.array([True] * 6 + [False])
    return CatalogueKinds.of(column, ExactIndex(vectors), alive), vectors


def test_a_kind_is_the_mean_of_its_living_items() -> None:
    kinds, vectors = _shop()
    assert sorted(kinds.names) == ["Hat", "Shirt"]
    mean = vectors[[0, 2, 5]].mean(axis=0)
    place = kinds.place_of("shirt")
    assert place is not None
    assert kinds.names[place] == "Shirt"
    np.testing.assert_allclose(kinds.directions[place], mean / np.linalg.norm(mean), atol=1e-5)
    assert kinds.place_of("Gone") is None


def test_chances_are_a_softmax_of_cosines_and_shares() -> None:
    kinds, vectors = _shop()
    direction, scale = vectors[1], 7.0
    expected = {}
    for name, count in (("Hat", 2), ("Shirt", 3)):
        place = kinds.place_of(name)
        cosine = float(kinds.directions[place] @ direction)
        expected[name] = np.exp(scale * cosine + PRIOR * np.log(count / 5))
    total = sum(expected.values())
    chances = kinds.chances(direction, scale)
    for guess in kinds.likeliest(chances, 2):
        assert abs(guess.confidence - expected[guess.kind] / total) < 1e-5
    assert kinds.likeliest(chances, 1)[0].confidence == chances.max()


def test_many_items_of_a_kind_are_taken_evenly() -> None:
    count = 1000
    column = columns_from_table(pa.table({"kind": ["Shirt"] * count}), ["kind"])["kind"]
    vectors = np.zeros((count, 2), np.float32)
    vectors[: count // 2, 0], vectors[count // 2 :, 1] = 1, 1
    kinds = CatalogueKinds.of(column, ExactIndex(vectors))
    np.testing.assert_allclose(kinds.directions[0], [2**-0.5, 2**-0.5], atol=1e-5)


def test_a_catalogue_without_kinds_has_none() -> None:
    column = columns_from_table(pa.table({"kind": pa.array([None], pa.string())}), ["kind"])
    kinds = CatalogueKinds.of(column["kind"], ExactIndex(np.ones((1, 2), np.float32)))
    assert kinds.names == ()
    assert kinds.likeliest(kinds.chances(np.ones(2, np.float32), 5), 3) == ()
