"""The hybrid's heads on towers that stay as pretrained: samplers, sparsity, cold start, in minutes.

    python -m benchmarks.encoders.hybrid_heads catalog.parquet --cache FOLDER

The features of both towers are computed once, without augmentation; each run trains projections
and fusion alone on them, as `hybrid-compact` does with its batches, loss and showings. It says
which way a change points, not what a whole training reaches.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from numpy.typing import NDArray
from torch import Tensor

from training.config import TrainingConfig
from training.config_file import find_config, load_config
from training.data.augment import resize
from training.data.batch import choose_rows, load_tokenizer, showings, tokenise
from training.data.product_data import Products, load_products
from training.data.split import thin_out
from training.evaluation.panel import Panel, size_label
from training.evaluation.study import break_down, per_query, summarise
from training.objective.losses import batch_hard_triplet_loss
from training.run.open_run import choose_sides, untrained_towers
from training.towers import HybridTowers
from twinset.catalogue import Catalogue
from twinset.encoders import ItemVectors
from twinset.progress import track

_BATCH = 256
_CACHED = 16  # pictures whose layers fit the cache of a core
_SHOWN = ("item_to_item", "image_to_item", "text_to_item")
Features = tuple[Tensor, Tensor]


@torch.no_grad()
def features_of(
    towers: HybridTowers, products: Products, config: TrainingConfig, rows: NDArray[np.int64]
) -> Features:
    """What the pretrained backbones say of some products, (n, width) each; zeros for the others."""
    tokenizer, size = load_tokenizer(config), products.pixels.shape[1:3]
    towers.eval()
    image, text = torch.zeros(len(products), 1280), torch.zeros(len(products), 384)
    for start in track(range(0, len(rows), _BATCH), "features", -(-len(rows) // _BATCH)):
        batch = rows[start : start + _BATCH]
        pixels = torch.from_numpy(products.pixels[batch])
        scaled = (resize(pixels, *size) - towers.mean) / towers.std
        scaled = scaled.contiguous(memory_format=torch.channels_last)  # as the tower lies
        groups = torch.split(scaled, _CACHED)
        image[batch] = torch.cat([towers.image._parts.features(group) for group in groups])
        tokens = tokenise(tokenizer, [products.texts[row] for row in batch])
        text[batch] = towers.text._parts.features(*tokens)
    return image, text


def fused(towers: HybridTowers, features: Features, shown: Tensor) -> Tensor:
    """Unit rows (n, s, d) of products; `shown` (n, s, 2) says which sides count each time."""
    image, text = towers.image.head(features[0]), towers.text.head(features[1])
    rows = [towers.fusion(image * there[:, :1], text * there[:, 1:]) for there in shown.unbind(1)]
    return F.normalize(torch.stack(rows, dim=1), dim=2)


def fit(
    config: TrainingConfig, products: Products, rows: NDArray[np.int64], features: Features
) -> HybridTowers:
    """Heads trained on `rows`, with the batches of the recipe, at its head's rate and a cosine."""
    towers = untrained_towers(config)
    if not isinstance(towers, HybridTowers):
        raise TypeError("the recipe is no hybrid")
    heads = [*towers.image.head.parameters(), *towers.text.head.parameters()]
    settings = config.optimisation
    optimizer = torch.optim.AdamW([*heads, *towers.fusion.parameters()], settings.head_rate)
    total = max(1, len(rows) // settings.batch_size) * settings.epochs
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    towers.image.head.train(), towers.text.head.train()
    for step in range(total):
        chosen = choose_rows(products, rows, config, step)
        shown = showings(products, chosen, config.augmentation.sides_alone)
        given = features[0][chosen], features[1][chosen]
        kinds = torch.from_numpy(products.categories[chosen])
        fused_rows = fused(towers, given, shown)
        whole, sides = fused_rows[:, 0], fused_rows[:, 1:]
        loss = batch_hard_triplet_loss(whole, kinds, config.loss.margin, sides=sides)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return towers.eval()


@torch.no_grad()
def vectors_of(towers: HybridTowers, features: Features) -> ItemVectors:
    """Unit rows of images, texts and items."""
    sides = torch.tensor([[True, False], [False, True], [True, True]])
    rows = fused(towers, features, sides.expand(len(features[0]), 3, 2))
    return ItemVectors(*(side.numpy() for side in rows.unbind(1)))


@dataclass(frozen=True)
class Material:
    """The catalogue, its products, their features, and those that take part."""

    catalogue: Catalogue
    products: Products
    features: Features
    part: NDArray[np.int64]


def show(label: str, config: TrainingConfig, material: Material) -> None:
    """Train, measure on the products kept out, and print a row of the table."""
    products, catalogue = material.products, material.catalogue
    rows = np.intersect1d(choose_sides(products, config, catalogue)[0], material.part)
    kinds_trained = products.categories[rows]
    count = int(products.categories.max()) + 1
    trained = np.bincount(kinds_trained[kinds_trained >= 0], minlength=count)
    towers = fit(config, products, rows, material.features)
    everyone = replace(config, data=replace(config.data, train_share=1.0))
    known = np.union1d(*choose_sides(products, everyone, catalogue))
    test = np.setdiff1d(material.part, known)
    test = test[products.has_image[test] & (products.categories[test] >= 0)]
    kinds = products.categories[test].astype(np.int64)
    panel = Panel(test, kinds, list(map(str, kinds)), trained[kinds].astype(np.int64))
    vectors = vectors_of(towers, (material.features[0][test], material.features[1][test]))
    cells = [f"{label:28} {len(rows):7,}"]
    for task in _SHOWN:
        figures = summarise(per_query(vectors, panel, task)[1])
        cells.append("{mean:.3f} [{low:.3f}, {high:.3f}]".format(**figures["recall@1"]))
    places, own = per_query(vectors, panel, "item_to_item")
    groups = break_down(own, [size_label(int(count)) for count in panel.trained[places]])
    cells += [f"{name}: {group['recall@1']:.3f}" for name, group in groups.items()]
    print("  ".join(cells), flush=True)  # noqa: T201


def main() -> None:
    """Print a row per sampler, way to show a product, and share of the products."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="as `twinset train --cache`")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--part", type=float, default=1.0, help="of the names, for less time")
    given = parser.parse_args()
    changes = [f"epochs={given.epochs}", "image_width=72", "image_height=96"]
    config = load_config(find_config("hybrid-compact"), changes)
    catalogue = Catalogue(given.catalog)
    products = load_products(catalogue, config.data, (), given.cache)
    part = np.arange(len(products))
    if given.part < 1:
        part = thin_out(part, products.titles, given.part)
    towers = untrained_towers(config)
    features = features_of(towers, products, config, part)  # type: ignore[arg-type]
    drawn = replace(config, optimisation=replace(config.optimisation, balance="categories"))
    untrained = replace(config, optimisation=replace(config.optimisation, head_rate=0.0, epochs=1))
    together = replace(config, augmentation=replace(config.augmentation, sides_alone=False))
    runs = {"random heads": untrained, "drawn by category": drawn}
    runs |= {"once, sides never alone": together, "each product once": config}
    for share in (0.5, 0.25, 0.1):
        runs[f"each product once, {share:.0%}"] = replace(
            config,
            data=replace(config.data, train_share=share * given.part),  # shares nest
        )
    for label, run in runs.items():
        show(label, run, Material(catalogue, products, features, part))


if __name__ == "__main__":
    main()
