"""From (seed, step) to the tensors of a batch."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from training.config import TrainingConfig
from training.data.augment import as_shoppers_photo, augment
from training.data.captions import make_text_batch
from training.data.product_data import Products
from training.data.sampling import balanced_batch, even_batch, shuffled_batch
from training.run.parallel import Shard
from training.towers import tokenizer_path

WHOLE = Shard()
_CPU = torch.device("cpu")
_PHOTO_WEIGHT = 3.0  # how much rather a product with a further photo is shown twice


@dataclass(frozen=True)
class Batch:
    """Augmented images (n, 3, h, w) in 0..1, tokens (n, t), and which text fits which image.

    `matches` is (m, m) bool, `rows` (m,) are the places of the products in the catalogue, `named`
    (m,) bool says which texts are names, `names` (m,) are numbers of the names and `categories`
    (m,), negative where unknown: of the whole batch, of which n = m products are here unless
    several processes share it. `showings` (n, s, 2) bool says whether the image and the text of a
    product count in each of the s times that it is shown. `views` (v, 3, h, w) are second views of
    the products `view_of` (w,) of the whole batch, w = v likewise.
    """

    images: Tensor
    input_ids: Tensor
    mask: Tensor
    matches: Tensor
    rows: Tensor
    named: Tensor
    names: Tensor
    categories: Tensor
    showings: Tensor
    views: Tensor
    view_of: Tensor

    def to(self, device: torch.device) -> Batch:
        return replace(self, **{name: value.to(device) for name, value in vars(self).items()})


def make_batch(
    products: Products,
    rows: NDArray[np.int64],
    tokenizer: Tokenizer,
    config: TrainingConfig,
    step: int,
    total: int,
    shard: Shard = WHOLE,
    device: torch.device = _CPU,
) -> Batch:
    """The batch of a step: products chosen from `rows`, augmented on `device`; of the tensors of
    its m products, the part of one process."""
    chosen = choose_rows(products, rows, config, step)
    chosen = chosen[: len(chosen) // shard.count * shard.count]  # equal parts
    own = shard.of(len(chosen))
    generator = torch.Generator().manual_seed(step_seed(config, step, shard))
    height, width = resolution(config, step, total)
    pixels = torch.from_numpy(products.pixels[chosen[own]]).to(device)
    images = augment(pixels, height, width, config.augmentation, generator)
    texts = make_text_batch(
        products, chosen, config.augmentation, random.Random(f"{config.seed}-{step}")
    )
    input_ids, mask = tokenise(tokenizer, texts.texts[own])
    view_of = choose_views(products, chosen, config, step, shard)
    shown = products.second_views(chosen[shard.own(view_of)], generator).to(device)
    views = augment(shown, height, width, as_shoppers_photo(config.augmentation), generator)
    return Batch(
        images,
        input_ids,
        mask,
        torch.from_numpy(texts.matches),
        torch.from_numpy(chosen),
        torch.from_numpy(texts.named),
        torch.from_numpy(products.names[chosen]),
        torch.from_numpy(products.categories[chosen]),
        showings(products, chosen[own], config.augmentation.sides_alone),
        views,
        torch.from_numpy(view_of),
    )


def step_seed(config: TrainingConfig, step: int, shard: Shard = WHOLE) -> int:
    """What a process's random choices of a step come from."""
    return config.seed * 1_000_003 + step + (shard.index << 40)


def choose_rows(
    products: Products, rows: NDArray[np.int64], config: TrainingConfig, step: int
) -> NDArray[np.int64]:
    """The products of a step's batch."""
    optimisation = config.optimisation
    if optimisation.items_per_category:
        sample = even_batch if optimisation.balance == "products" else balanced_batch
        return sample(rows, products.categories[rows], optimisation, config.seed, step)
    kinds = products.kinds(optimisation.alike)
    return shuffled_batch(rows, kinds[rows], optimisation, config.seed, step)


def choose_views(
    products: Products, chosen: NDArray[np.int64], config: TrainingConfig, step: int, shard: Shard
) -> NDArray[np.int64]:
    """(w,) places in a batch that are shown a second time, those with a further photo rather;
    as many from each process's part."""
    size = len(chosen) // shard.count
    count = round(config.augmentation.second_views * size)
    generator = np.random.default_rng((config.seed, step, 2))
    weights = np.where(products.has_photo[chosen], _PHOTO_WEIGHT, 1.0)
    places = []
    for start in range(0, size * shard.count, size):
        share = weights[start : start + size] / weights[start : start + size].sum()
        places.append(start + np.sort(generator.choice(size, count, replace=False, p=share)))
    return np.concatenate(places)


def showings(products: Products, rows: NDArray[np.int64], sides_alone: bool) -> Tensor:
    """(n, s, 2) bool: which of image and text count each time that a product is shown.

    Once, with all that it has; with `sides_alone` also without its text and without its image. A
    product that has one side shows that one each time.
    """
    image = torch.from_numpy(products.has_image[rows])
    text = torch.tensor([bool(products.texts[row]) for row in rows])
    whole = torch.stack([image, text], dim=1)
    if not sides_alone:
        return whole[:, None]
    without_text = torch.stack([image, text & ~image], dim=1)
    without_image = torch.stack([image & ~text, text], dim=1)
    return torch.stack([whole, without_text, without_image], dim=1)


def resolution(config: TrainingConfig, step: int, total: int) -> tuple[int, int]:
    """(height, width) of a step: small first, full size for the last part of the run."""
    optimisation = config.optimisation
    small = step < optimisation.small_scale_fraction * total
    scale = optimisation.small_scale if small else 1.0
    return round(config.data.image_height * scale), round(config.data.image_width * scale)


def load_tokenizer(config: TrainingConfig) -> Tokenizer:
    """The text tower's tokenizer, padding to the longest text of a batch."""
    tokenizer = Tokenizer.from_file(str(tokenizer_path(config.model)))
    tokenizer.enable_truncation(config.data.max_tokens)
    tokenizer.enable_padding()
    return tokenizer


def tokenise(tokenizer: Tokenizer, texts: list[str]) -> tuple[Tensor, Tensor]:
    """Texts -> token ids (n, t) and attention mask (n, t)."""
    encodings = tokenizer.encode_batch(texts)
    return (
        torch.tensor([encoding.ids for encoding in encodings]),
        torch.tensor([encoding.attention_mask for encoding in encodings]),
    )
