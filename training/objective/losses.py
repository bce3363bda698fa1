"""Losses: tensors in, a scalar out."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from pytorch_metric_learning.losses import SupConLoss, TripletMarginLoss
from pytorch_metric_learning.miners import BatchHardMiner
from pytorch_metric_learning.reducers import MeanReducer
from torch import Tensor


def contrastive_loss(image: Tensor, text: Tensor, scale: Tensor, matches: Tensor) -> Tensor:
    """Symmetric cross-entropy over a batch of pairs, with several right answers if there are.

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


def view_loss(views: Tensor, of: Tensor, image: Tensor, same: Tensor, temperature: float) -> Tensor:
    """InfoNCE (van den Oord et al., 2018): second views (v, d) find their products among images.

    View i is of row `of[i]` of `image` (n, d); other rows that `same` (v, n) marks as the same
    product by name are no negatives.
    """
    logits = views @ image.T / temperature
    excluded = same.clone()
    excluded[torch.arange(len(of), device=of.device), of] = False
    loss: Tensor = F.cross_entropy(logits.masked_fill(excluded, -torch.inf), of)
    return loss


def neighbour_loss(
    rows: Tensor, pool: Tensor, right: Tensor, counted: Tensor, scale: float
) -> Tensor:
    """-log of the share of the softmax over a pool that falls on right rows, mean over queries.

    The objective of neighbourhood components analysis (Goldberger et al., 2004; over a pool of
    stored rows Wu et al., 2018). Unit `rows` (q, d) and `pool` (n, d); `right` (q, n) bool are
    among those that count, `counted` (q, n) or (n,) bool. Queries without a right row take no part.
    """
    answerable = right.any(1)
    if not answerable.any():
        return rows.sum() * 0
    logits = scale * rows[answerable] @ pool.T
    if counted.ndim > 1:
        counted = counted[answerable]
    of_all = logits.masked_fill(~counted, -torch.inf).logsumexp(1)
    of_right = logits.masked_fill(~right[answerable], -torch.inf).logsumexp(1)
    return (of_all - of_right).mean()


def supervised_contrastive_loss(rows: Tensor, categories: Tensor, temperature: float) -> Tensor:
    """SupCon (Khosla et al., 2020, equation 2) of unit rows (n, d) and categories (n,).

    Rows of a negative category take no part; rows alone in their category are anchors of nothing.
    """
    known = categories >= 0
    if not known.any():
        return rows.sum() * 0  # the library refuses an empty batch
    loss: Tensor = SupConLoss(temperature=temperature)(rows[known], categories[known])
    return loss


def batch_hard_triplet_loss(
    rows: Tensor,
    categories: Tensor,
    margin: float,
    over_all: bool = False,
    sides: Tensor | None = None,
) -> Tensor:
    """Triplet loss of each anchor with its farthest positive and nearest negative in the batch.

    `rows` (n, d) have unit length, distances are Euclidean, and the mean is over the triplets
    that still lose, or `over_all` anchors (Hermans et al., 2017, section 2, with both). Every row
    is an anchor. So are `sides` (n, s, d), s = 0 or more, the products by a part of what they have:
    they look for their positives and negatives among `rows`, as a shopper's photo looks for whole
    products.
    """
    anchors, kinds = rows, categories
    among: tuple[Tensor | None, Tensor | None] = (None, None)  # the anchors themselves
    if sides is not None and sides.shape[1]:
        anchors = torch.cat([rows, sides.flatten(0, 1)])
        kinds = torch.cat([categories, categories.repeat_interleave(sides.shape[1])])
        among = rows, categories
    triplets = BatchHardMiner()(anchors, kinds, *among)
    reducer = MeanReducer() if over_all else None
    loss: Tensor = TripletMarginLoss(margin=margin, reducer=reducer)(
        anchors, kinds, triplets, *among
    )
    return loss
