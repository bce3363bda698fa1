"""The contrastive loss against a plain loop."""

import math

import pytest
import torch

from training.losses import contrastive_loss


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
