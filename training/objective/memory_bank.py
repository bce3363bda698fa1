"""The last row of every product that a run has met: a pool of the size of the catalogue.

A batch holds a few hundred rivals, a shop has tens of thousands. Here each text looks for its
picture, each picture for its text, and each second view for its product among all of them. Both
the right rows and the wrong ones are of earlier steps (Wu et al., 2018, "Unsupervised Feature
Learning via Non-Parametric Instance Discrimination"), so that moving away from the past as a whole
gains nothing, as it does where only the wrong ones are old.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor, nn

from training.config import LossConfig
from training.data.batch import Batch
from training.data.product_data import Products
from training.objective.losses import neighbour_loss

_KEPT = 0.5  # of a product's earlier row, since each is of an augmented picture or a shortened text


class Bank(nn.Module):
    """Unit rows (n, d) of the images and of the names of n products, zero until they are met.

    `names` and `categories` (n,) are their numbers, categories negative if unknown.
    """

    image: Tensor
    text: Tensor
    names: Tensor
    categories: Tensor

    def __init__(self, products: Products, dimension: int) -> None:
        super().__init__()
        for side in ("image", "text"):
            self.register_buffer(side, torch.zeros(len(products), dimension))
        names, categories = (torch.from_numpy(c) for c in (products.names, products.categories))
        self.register_buffer("names", names, persistent=False)
        self.register_buffer("categories", categories, persistent=False)

    def loss(
        self, batch: Batch, image: Tensor, text: Tensor, views: Tensor, config: LossConfig
    ) -> Tensor:
        """What a batch loses against the bank: its products' image and text rows (m, d), and the
        rows of their second views (w, d)."""
        seen, read = self.image.any(1), self.text.any(1)
        same = batch.names[:, None] == self.names[None, :]
        scale = 1 / config.bank_temperature
        to_image = neighbour_loss(
            text[batch.named], self.image, same[batch.named] & seen, seen, scale
        )
        to_text = neighbour_loss(image, self.text, same & read, read, scale)
        loss = config.bank_weight * (to_image + to_text) / 2
        if len(views):
            own = batch.rows[batch.view_of][:, None] == torch.arange(len(seen), device=seen.device)
            rivals = (~same[batch.view_of] | own) & seen
            found = neighbour_loss(
                views, self.image, own & seen, rivals, 1 / config.view_temperature
            )
            loss = loss + config.bank_weight * config.view_weight * found
        if config.neighbour_weight:
            others = ~same & seen
            alike = (batch.categories[:, None] == self.categories) & (self.categories >= 0) & others
            near = neighbour_loss(image, self.image, alike, others, scale)
            loss = loss + config.neighbour_weight * near
        return loss

    @torch.no_grad()
    def store(self, batch: Batch, image: Tensor, text: Tensor) -> None:
        """Take in the rows (m, d) of a batch; of the texts those that are names.

        Into a new tensor each, since the gradient of a loss still needs the one that it was taken
        against.
        """
        self.image = self._with(self.image, batch.rows, image)
        self.text = self._with(self.text, batch.rows[batch.named], text[batch.named])

    @staticmethod
    def _with(side: Tensor, rows: Tensor, new: Tensor) -> Tensor:
        kept = F.normalize(_KEPT * side[rows] + (1 - _KEPT) * new.to(side.dtype), dim=1)
        return side.index_copy(0, rows, kept)
