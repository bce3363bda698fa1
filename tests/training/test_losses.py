"""The contrastive loss against a plain loop."""

import math

import pytest
import torch

from training.objective.losses import (
    batch_hard_triplet_loss,
    contrastive_loss,
    supervised_contrastive_loss,
)


def loop_loss(image, text, scale, matches):
    """Mean over rows and columns of the cross-entropy to evenly spread matches."""

    def one_way(score, match):
        total = 0.0
        for i in range(len(score)):
            denominator = math.log(sum(math.exp(s) for s in score[i]))
            right = [j for j in range(len(score)) if match[i][j]]
            total -= sum(score[i][j] - denominator for j in right) / len(right)
        return total / len(score)

    score = [[scale * float(t @ v) for v in image] for t in text]
    turned = [list(column) for column in zip(*score, strict=True)]
    return (one_way(score, matches) + one_way(turned, list(zip(*matches, strict=True)))) / 2


@pytest.mark.parametrize("extra", [[], [(0, 1), (1, 0)], [(0, 2), (3, 1)]])
def test_equals_a_plain_loop(extra):
    torch.manual_seed(0)
    image, text = (torch.nn.functional.normalize(torch.randn(4, 5), dim=1) for _ in range(2))
    matches = torch.eye(4, dtype=torch.bool)
    for row, column in extra:
        matches[row, column] = True
    loss = contrastive_loss(image, text, torch.tensor(7.0), matches)
    assert float(loss) == pytest.approx(loop_loss(image, text, 7.0, matches.tolist()), rel=1e-5)


def test_without_extra_matches_it_is_the_loss_of_clip():
    torch.manual_seed(1)
    image, text = (torch.nn.functional.normalize(torch.randn(6, 8), dim=1) for _ in range(2))
    logits, labels = 10 * text @ image.T, torch.arange(6)
    cross_entropy = torch.nn.functional.cross_entropy
    expected = (cross_entropy(logits, labels) + cross_entropy(logits.T, labels)) / 2
    loss = contrastive_loss(image, text, torch.tensor(10.0), torch.eye(6, dtype=torch.bool))
    assert float(loss) == pytest.approx(float(expected), rel=1e-6)


def unit_rows(count, width, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(count, width, generator=generator), dim=1)


def test_the_supervised_part_equals_a_plain_loop():
    rows, categories = unit_rows(9, 4, 2), [0, 0, 1, 1, 1, 2, -1, -1, 0]
    known = [i for i in range(9) if categories[i] >= 0]
    per_anchor = []
    for i in known:
        similar = {j: float(rows[i] @ rows[j]) / 0.07 for j in known if j != i}
        denominator = math.log(sum(math.exp(s) for s in similar.values()))
        positives = [j for j in similar if categories[j] == categories[i]]
        if positives:  # category 2 has one row only, which is anchor of nothing
            per_anchor.append(-sum(similar[j] - denominator for j in positives) / len(positives))
    loss = supervised_contrastive_loss(rows, torch.tensor(categories), 0.07)
    assert float(loss) == pytest.approx(sum(per_anchor) / len(per_anchor), rel=1e-4)


def test_a_batch_of_unknown_categories_loses_nothing():
    rows = unit_rows(4, 3, 0).requires_grad_()
    loss = supervised_contrastive_loss(rows, torch.full((4,), -1), 0.07)
    loss.backward()
    assert loss.item() == 0


@pytest.mark.parametrize("seed", range(4))
def test_batch_hard_triplets_equal_a_plain_loop(seed):
    rows, categories = unit_rows(12, 3, seed), [i // 3 for i in range(12)]
    still_losing = []
    for i in range(12):
        distance = [float((rows[i] - rows[j]).norm()) for j in range(12)]
        farthest = max(distance[j] for j in range(12) if categories[j] == categories[i] and j != i)
        nearest = min(distance[j] for j in range(12) if categories[j] != categories[i])
        if farthest - nearest + 0.3 > 0:
            still_losing.append(farthest - nearest + 0.3)
    loss = batch_hard_triplet_loss(rows, torch.tensor(categories), 0.3)
    assert float(loss) == pytest.approx(sum(still_losing) / len(still_losing), rel=1e-4)


@pytest.mark.parametrize("over_all", [False, True])
def test_sides_alone_look_for_whole_products(over_all):
    rows, sides = unit_rows(12, 3, 0), unit_rows(24, 3, 1).view(12, 2, 3)
    categories, losses = [i // 3 for i in range(12)], []
    for i in range(12):
        for anchor in (rows[i], *sides[i]):
            distance = [float((anchor - row).norm()) for row in rows]
            farthest = max(distance[j] for j in range(12) if categories[j] == categories[i])
            nearest = min(distance[j] for j in range(12) if categories[j] != categories[i])
            losses.append(max(0, farthest - nearest + 0.3))
    counted = losses if over_all else [loss for loss in losses if loss > 0]
    loss = batch_hard_triplet_loss(rows, torch.tensor(categories), 0.3, over_all, sides)
    assert float(loss) == pytest.approx(sum(counted) / len(counted), rel=1e-4)
