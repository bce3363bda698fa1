"""Batches are drawn as announced, and a step always gets the same one."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from training.data.sampling import balanced_batch, even_batch, shuffled_batch


def epoch_of_batches(settings, rows, categories, epoch=0):
    steps = len(rows) // settings.batch_size
    first = epoch * steps
    return [
        shuffled_batch(rows, categories, settings, 0, step) for step in range(first, first + steps)
    ]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_an_epoch_of_shuffled_batches_holds_every_row_once(config, share):
    settings = replace(config.optimisation, batch_size=8, hard_negatives=share)
    rows, categories = np.arange(100, 124), np.arange(24, dtype=np.int32) % 3
    batches = epoch_of_batches(settings, rows, categories)
    assert sorted(np.concatenate(batches)) == list(rows)
    assert not np.array_equal(batches, epoch_of_batches(settings, rows, categories, epoch=1))


def test_hard_negatives_are_of_one_kind_in_their_share_of_the_batches(config):
    settings = replace(config.optimisation, batch_size=10, hard_negatives=0.5)
    rows, categories = np.arange(400), np.arange(400, dtype=np.int32) % 2
    kinds = [len(set(batch % 2)) for batch in epoch_of_batches(settings, rows, categories)]
    # Of 40 batches 20 are sorted by kind, of which one at most straddles the two.
    assert kinds.count(1) in (19, 20)


def test_a_balanced_batch_has_k_products_of_each_of_p_categories(config):
    settings = replace(config.optimisation, batch_size=12, items_per_category=3)
    categories = np.repeat(np.arange(10, dtype=np.int32), 5)
    rows = np.arange(1000, 1050)
    for step in range(20):
        batch = balanced_batch(rows, categories, settings, 0, step)
        counts = Counter(int(categories[row - 1000]) for row in batch)
        assert list(counts.values()) == [3, 3, 3, 3]
        assert len(set(batch.tolist())) == 12  # five of each: no repetition needed
    assert np.array_equal(batch, balanced_batch(rows, categories, settings, 0, 19))


def test_small_and_unknown_categories(config):
    settings = replace(config.optimisation, batch_size=8, items_per_category=4)
    categories = np.array([0, 1, 1, 1, 1, -1, -1], np.int32)
    batch = balanced_batch(np.arange(7), categories, settings, 0, 0)
    # The one product of category 0 is repeated; products without a category never come.
    assert Counter(categories[batch].tolist()) == {0: 4, 1: 4}


def test_groups_of_like_products_stand_in_mixed_batches_from_the_second_half_on(config):
    settings = replace(
        config.optimisation,
        epochs=4,
        batch_size=16,
        group_size=4,
        hard_negatives=0.5,
        hard_from=0.5,
    )
    rows, kinds = np.arange(640), (np.arange(640) % 40).astype(np.int32)

    def pairs(epoch):
        """Share of products with another of their kind in the batch."""
        batches = epoch_of_batches(settings, rows, kinds, epoch)
        assert sorted(np.concatenate(batches)) == list(rows)
        shares = [np.mean([(kinds[b] == kinds[row]).sum() > 1 for row in b]) for b in batches]
        return float(np.mean(shares))

    by_chance = max(pairs(0), pairs(1))
    assert by_chance < 0.4
    assert min(pairs(2), pairs(3)) > by_chance + 0.15


# Products per article type of a real catalogue: a few large types, many of a handful.
# fmt: off
LONG_TAIL = (
    5905, 2749, 2427, 2199, 1744, 1560, 1553, 1510, 1133, 891, 823, 773, 730, 706, 683, 639,
    589, 522, 515, 497, 486, 436, 426, 405, 393, 389, 333, 285, 282, 269, 261, 253, 242,
    239, 238, 234, 222, 202, 195, 189, 163, 148, 147, 140, 133, 132, 119, 118, 116, 109,
    108, 103, 96, 94, 87, 83, 81, 79, 78, 72, 71, 63, 59, 54, 53, 52, 46, 46, 44, 43, 40,
    40, 39, 37, 35, 35, 33, 33, 33, 29, 28, 24, 23, 23, 23, 23, 23, 21, 16, 16, 16, 16, 15,
    15, 15, 14, 14, 11, 11, 11, 11, 10, 10, 10, 10, 9, 9, 9, 9, 7, 7, 7, 6, 6, 6, 5, 5, 5,
    5, 5, 5, 4, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1,
)
# fmt: on


def test_even_batches_leave_no_product_out_and_repeat_no_rare_type(config):
    categories = np.repeat(np.arange(len(LONG_TAIL)), LONG_TAIL).astype(np.int32)
    rows = np.arange(len(categories)) + 7
    settings = replace(config.optimisation, batch_size=128, items_per_category=4, epochs=2)
    steps = settings.epochs * (len(rows) // settings.batch_size)
    batches = [even_batch(rows, categories, settings, 0, step) for step in range(steps)]
    shown = np.bincount(np.concatenate(batches) - 7, minlength=len(rows))
    large = np.array(LONG_TAIL)[categories] >= settings.items_per_category
    assert shown[large].min() >= 1
    assert shown[large].max() <= 2 * settings.epochs
    assert shown.max() <= settings.items_per_category * settings.epochs
    drawn = [balanced_batch(rows, categories, settings, 0, step) for step in range(0, steps, 10)]
    before = np.bincount(np.concatenate(drawn) - 7, minlength=len(rows))
    # What the draw by categories does to a single product, in a tenth of the steps.
    assert before.max() > 5 * shown.max()
    for batch in batches:
        kinds = categories[batch - 7].reshape(-1, 4)
        assert (kinds == kinds[:, :1]).all()
        assert len(np.unique(kinds)) >= 2


def test_even_batches_leave_products_without_a_category_out(config):
    categories = np.array([-1, 0, 0, 0, 1, 1, -1], np.int32)
    settings = replace(config.optimisation, batch_size=4, items_per_category=2)
    shown = {
        row for step in range(4) for row in even_batch(np.arange(7), categories, settings, 0, step)
    }
    assert shown == {1, 2, 3, 4, 5}
