"""Fitting the composer of edits on frozen vectors, in two minutes on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.edits.edit_batches import Lesson, Lessons, texts_of
from training.edits.edit_fields import EditFields
from twinset.edits.composer import Composer
from twinset.progress import track

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class EditMaterial:
    """What a composer learns from: unit rows (n, d) of the frozen encoder for n products, the
    fields that edits change, the products to learn from, and how to encode texts.

    No lesson asks for a value in `unseen`, nor for a word of one.
    """

    image: Vectors
    item: Vectors
    fields: EditFields
    rows: Rows
    encode_texts: Callable[[Sequence[str]], Vectors]
    unseen: Sequence[str] = ()


@dataclass(frozen=True)
class ComposerRecipe:
    """How a composer is fitted. `rivals` are the products that the answers of a batch have to be
    nearer than, `noise` what is added to queries and texts so that like words act alike."""

    steps: int = 500
    batch: int = 192
    hidden: int = 768
    rivals: int = 3000
    scale: float = 20.0
    noise: float = 0.01
    dropout: float = 0.5
    rate: float = 1.5e-3
    seed: int = 0


class _Network(nn.Module):
    def __init__(self, dimension: int, recipe: ComposerRecipe) -> None:
        super().__init__()
        self.first = nn.Linear(2 * dimension, recipe.hidden)
        self.second = nn.Linear(recipe.hidden, dimension + 2)
        self.drop = nn.Dropout(recipe.dropout)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, queries: Tensor, texts: Tensor) -> Tensor:
        hidden = torch.relu(self.first(torch.cat([queries, texts], dim=1)))
        out = self.second(self.drop(hidden))
        shares, offset = out[:, :2].exp(), out[:, 2:]
        whole = queries * shares[:, :1] + texts * shares[:, 1:] + offset
        return nn.functional.normalize(whole, dim=1)


class _Texts:
    """Vectors of texts, each encoded once."""

    def __init__(self, encode: Callable[[Sequence[str]], Vectors], texts: Iterable[str]) -> None:
        self._encode = encode
        self._known: dict[str, Vectors] = {}
        self.of(sorted({*texts}))

    def of(self, texts: Sequence[str]) -> Vectors:
        new = sorted({*texts} - self._known.keys())
        if new:
            self._known.update(zip(new, self._encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def fit_composer(material: EditMaterial, recipe: ComposerRecipe | None = None) -> Composer:
    """The composer that brings products and words to the products that the words ask for.

    Each step takes edits of products, and lowers the logarithm of the chance that a product drawn
    from the answers and rivals, by likeness, is a wrong one. The query's own product and others of
    its kind are among the rivals.

    Raises:
        ValueError: no two products differ in one field alone.
    """
    recipe = recipe or ComposerRecipe()
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng([recipe.seed, 1])
    lessons = Lessons(material.fields, material.rows, recipe.seed, material.unseen)
    texts = _Texts(material.encode_texts, texts_of(material.fields))
    network = _Network(material.item.shape[1], recipe)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.steps)
    for _ in track(range(recipe.steps), "learning edits", recipe.steps):
        batch = lessons.batch(recipe.batch)
        loss = _loss(network, batch, _Draw(material, recipe, random, texts))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return Composer(
        first=_array(network.first.weight.T),
        first_bias=_array(network.first.bias),
        second=_array(network.second.weight.T),
        second_bias=_array(network.second.bias),
    )


@dataclass(frozen=True)
class _Draw:
    material: EditMaterial
    recipe: ComposerRecipe
    random: np.random.Generator
    texts: _Texts

    def noisy(self, vectors: Vectors) -> Tensor:
        noise = self.random.normal(scale=self.recipe.noise, size=vectors.shape)
        return torch.from_numpy((vectors + noise).astype(np.float32))

    def queries(self, rows: Rows) -> Tensor:
        """Half of the products as a photo of them, half as the item."""
        photo = (self.random.random((len(rows), 1)) < 0.5) & self.material.image[rows].any(
            axis=1, keepdims=True
        )
        return self.noisy(np.where(photo, self.material.image[rows], self.material.item[rows]))


def _loss(network: _Network, batch: Sequence[Lesson], draw: _Draw) -> Tensor:
    material, recipe, random = draw.material, draw.recipe, draw.random
    asked = np.array([lesson.row for lesson in batch])
    answers = np.array([random.choice(lesson.answers) for lesson in batch])
    rivals = random.choice(material.rows, min(recipe.rivals, len(material.rows)), replace=False)
    rows = np.unique(np.concatenate([asked, answers, rivals]))
    right = _right(batch, rows, len(material.item))
    texts = draw.noisy(draw.texts.of([lesson.text for lesson in batch]))
    found = network(draw.queries(asked), texts)
    logits = found @ torch.from_numpy(material.item[rows]).T * recipe.scale
    likely = logits.masked_fill(~torch.from_numpy(right), -torch.inf).logsumexp(1)
    loss: Tensor = (logits.logsumexp(1) - likely).mean()
    return loss


def _right(batch: Sequence[Lesson], rows: Rows, products: int) -> NDArray[np.bool_]:
    """(lessons, rows): which of the rows answer which lesson."""
    answers, right = np.zeros(products, np.bool_), np.empty((len(batch), len(rows)), np.bool_)
    for place, lesson in enumerate(batch):
        answers[lesson.answers] = True
        right[place] = answers[rows]
        answers[lesson.answers] = False
    return right


def _array(weights: Tensor) -> Vectors:
    return np.ascontiguousarray(weights.detach().numpy(), np.float32)
