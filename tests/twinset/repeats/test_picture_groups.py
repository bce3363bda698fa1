"""Groups of copies against a plain loop over all pairs, and styles joined by pictures."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.support.places_oracle import place_keys
from twinset.columns import Column
from twinset.repeats import same_pictures
from twinset.repeats.picture_groups import picture_groups
from twinset.repeats.picture_signature import LENGTH, Signatures, are_near
from twinset.repeats.same_pictures import SamePictures, StoredPictures


def made_signatures(count: int, seed: int) -> Signatures:
    """Few different hashes, so that many are near; copies, near copies, and no picture at all."""
    chance = np.random.default_rng(seed)
    some = chance.integers(0, 256, (count // 4, LENGTH), np.uint8)
    rows = some[chance.integers(0, len(some), count)]
    for row in rows[: count // 2]:
        for bit in chance.integers(0, 64, chance.integers(0, 6)):
            row[bit // 8] ^= 1 << (bit % 8)
        row[8:] = np.clip(row[8:].astype(int) + chance.integers(-5, 6, LENGTH - 8), 0, 255)
    rows[chance.random(count) < 0.1] = 0
    return chance.permutation(rows)


def plain_groups(signatures: Signatures) -> list[int]:
    """Walk from each picture to all that copies lead to."""
    groups = [-1] * len(signatures)
    near = [are_near(np.broadcast_to(one, signatures.shape), signatures) for one in signatures]
    for start in range(len(signatures)):
        if groups[start] >= 0 or not signatures[start].any():
            continue
        reached, waiting = {start}, [start]
        while waiting:
            for other in np.flatnonzero(near[waiting.pop()]).tolist():
                if other not in reached and signatures[other].any():
                    reached.add(other)
                    waiting.append(other)
        if len(reached) > 1:
            for row in reached:
                groups[row] = start
    return groups


@pytest.mark.parametrize(("count", "seed"), [(60, 1), (300, 2), (1400, 3)])
def test_groups_are_those_of_a_plain_loop(count: int, seed: int) -> None:
    signatures = made_signatures(count, seed)
    found = picture_groups(signatures).tolist()
    assert found == plain_groups(signatures)
    assert len(set(found)) > count / 20


def test_no_picture_is_in_no_group() -> None:
    assert picture_groups(np.zeros((3, LENGTH), np.uint8)).tolist() == [-1, -1, -1]
    assert picture_groups(np.zeros((0, LENGTH), np.uint8)).tolist() == []


def test_copies_of_a_picture_are_those_near_it() -> None:
    signatures = made_signatures(300, 4)
    stored = StoredPictures(signatures, np.empty((0, 2), np.int32))
    for one in signatures[:40]:
        near = are_near(np.broadcast_to(one, signatures.shape), signatures)
        assert stored.copies_of(one).tolist() == np.flatnonzero(near).tolist()


@pytest.mark.parametrize("most_dense", [0, 1000])
def test_large_versions_keep_the_codes_of_shared_pictures_alone(
    monkeypatch: pytest.MonkeyPatch, most_dense: int
) -> None:
    monkeypatch.setattr(same_pictures, "_MOST_DENSE", most_dense)
    codes = picture_groups(made_signatures(300, 5))
    made: list[int] = []
    shared = SamePictures(lambda: made.append(1) or codes.copy())
    rows = np.random.default_rng(6).integers(0, 300, 900)
    assert shared.codes_of(rows).tolist() == codes[rows].tolist()
    assert [shared.code_of(row) for row in range(300)] == codes.tolist()
    mask = np.random.default_rng(7).random(300) < 0.5
    for left_out in [(), rows[:9].tolist()]:
        kept = mask & ~np.isin(np.arange(300), left_out)
        held = codes[kept & (codes >= 0)]
        assert shared.repeats_in(mask, left_out) == len(held) - len(np.unique(held))
    held = codes[codes >= 0]
    assert shared.repeats_in(None) == len(held) - len(np.unique(held))
    assert len(made) == 1
    assert shared.codes.tolist() == codes.tolist()


def _styles(chance: random.Random) -> Column:
    codes = np.array([chance.choice([-1, *range(12)]) for _ in range(60)], np.int32)
    return Column("string", codes, codes >= 0)


@pytest.mark.parametrize("seed", range(5))
def test_styles_that_share_a_picture_are_one(seed: int) -> None:
    chance = random.Random(seed)
    codes = [-1] * 60
    for group in chance.sample(range(60), 15):
        for row in (group, chance.randrange(group, 60)):
            codes[row] = group
    shared = SamePictures(lambda: np.array(codes))
    first, second = _styles(chance), _styles(chance)
    for column in (first, second, first, first):  # as live writes change styles, not pictures
        found = shared.with_styles(column).tolist()
        sides = column.group_codes().tolist(), codes
        named = [[None if code < 0 else code for code in side] for side in sides]
        keys = place_keys("group_id", named[0], named[1], repeats=False)
        for one in range(60):
            for other in range(one):
                together = keys[one] is not None and keys[one] == keys[other]
                assert (found[one] >= 0 and found[one] == found[other]) == together
