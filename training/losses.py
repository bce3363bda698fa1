"""Losses: tensors in, a scalar out."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor


def contrastive_loss(image: Tensor, text: Tensor, scale: Tensor, matches: Tensor) -> Tensor:
    """Symmetric cross-entropy over a batch of pairs, with several right answers where there are.

    `image` and `text` are unit rows (n, d); `matches` (n, n) bool says that text i describes
    image j. The target of a row is spread evenly over its matches; with a diagonal `matches` this
    is the loss of CLIP (Radford et al., 2021, figure 3), and the spread is that of UniCL (Yang et
    al., 2022). Every row and column must hold a match.
    """
    logits = scale * text @ image.T
    targets = matches.to(logits.dtype)
    by_text = F.cross_entropy(logits, targets / targets.sum(1, keepdim=True))
    by_image = F.cross_entropy(logits.T, targets.T / targets.T.sum(1, keepdim=True))
    return (by_text + by_image) / 2
