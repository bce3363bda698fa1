"""Which products make the batch of a step: a function of (seed, step), so that a run resumes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.config import OptimisationConfig

Rows = NDArray[np.int64]


def shuffled_batch(
    rows: Rows, kinds: NDArray[np.int32], config: OptimisationConfig, seed: int, step: int
) -> Rows:
    """A batch of an epoch's shuffle, ascending; every row comes at most once per epoch.

    A batch is made of groups. In a share `hard_negatives` of them products of like kind stand
    together, so that each has to be told from its own kind; `kinds` (len(rows),) belong to `rows`.
    Groups smaller than a batch leave every batch mixed, as batch normalisation wants it.
    """
    size = config.batch_size
    batches = len(rows) // size
    epoch, position = divmod(step, batches)
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(len(rows))[: batches * size]
    of_each = min(config.group_size, size)
    groups = len(order) // of_each
    hard = config.hard_negatives if epoch >= config.hard_from * config.epochs else 0
    mixed = (groups - round(hard * groups)) * of_each
    alike = order[mixed:][np.argsort(kinds[order[mixed:]], kind="stable")]
    grouped = np.concatenate([order[:mixed], alike]).reshape(groups, of_each)
    chosen = grouped[generator.permutation(groups)].reshape(batches, size)[position]
    return np.sort(rows[chosen])  # sorted: one sweep of the map


def balanced_batch(
    rows: Rows, categories: NDArray[np.int32], config: OptimisationConfig, seed: int, step: int
) -> Rows:
    """P categories with K products each (Hermans et al., 2017), grouped by category.

    `categories` (len(rows),) belong to `rows`; negative ones take no part. Categories with fewer
    than K products are drawn with repetition; if there are fewer than P categories, all of
    them are used and the batch is smaller.
    """
    of_each = config.items_per_category
    generator = np.random.default_rng((seed, step, 1))
    known = np.unique(categories[categories >= 0])
    count = min(config.batch_size // of_each, len(known))
    chosen = generator.choice(known, count, replace=False)
    groups = [rows[categories == category] for category in chosen]
    return np.concatenate(
        [generator.choice(group, of_each, replace=len(group) < of_each) for group in groups]
    )


def even_batch(
    rows: Rows, categories: NDArray[np.int32], config: OptimisationConfig, seed: int, step: int
) -> Rows:
    """P groups of K products of one category each, such that every product is shown equally often.

    Rounds follow each other without regard to epochs: in a round every product of a known
    category comes once, and a category whose count K does not divide fills its last group with
    products of its own. The groups of each category are spread evenly over the round, so that a
    batch mixes large and small categories. Arguments as in `balanced_batch`; a category with
    one product repeats it K times per round.
    """
    of_each = config.items_per_category
    per_batch = config.batch_size // of_each
    counts = np.bincount(categories[categories >= 0])
    per_round = int(np.ceil(counts / of_each).sum())
    if per_round == 0:
        return np.empty(0, np.int64)
    places = np.arange(step * per_batch, (step + 1) * per_batch)
    rounds = {
        number: _round_of_groups(categories.tobytes(), of_each, (seed, number, 3))
        for number in np.unique(places // per_round).tolist()
    }
    chosen = [rounds[place // per_round][place % per_round] for place in places.tolist()]
    taken: Rows = rows[np.concatenate(chosen)]
    return taken


@lru_cache(maxsize=4)  # all steps of a round share it
def _round_of_groups(packed: bytes, of_each: int, seed: tuple[int, ...]) -> Rows:
    """(g, K) places in packed int32 categories: each known one once, categories interleaved."""
    categories, generator = np.frombuffer(packed, np.int32), np.random.default_rng(seed)
    known = np.flatnonzero(categories >= 0)
    shuffled = generator.permutation(known)
    order = shuffled[np.argsort(categories[shuffled], kind="stable")]  # a category after the other
    counts = np.unique(categories[order], return_counts=True)[1]
    groups = -(-counts // of_each)
    places = groups * of_each  # of each category, its last group filled up from its own start
    within = np.arange(places.sum()) - np.repeat(np.cumsum(places) - places, places)
    own_start = np.repeat(np.cumsum(counts) - counts, places)
    filled = order[own_start + within % np.repeat(counts, places)].reshape(-1, of_each)
    number = np.arange(groups.sum()) - np.repeat(np.cumsum(groups) - groups, groups)
    position = (number + generator.random(len(number))) / np.repeat(groups, groups)
    return np.asarray(filled[np.argsort(position)], np.int64)
