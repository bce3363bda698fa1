"""The bank against plain loops: who is right, who is a rival, what is kept of each product."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from training.config import LossConfig
from training.config_file import parse_config
from training.data.batch import load_tokenizer, make_batch
from training.data.product_data import load_products
from training.objective.losses import neighbour_loss
from training.objective.memory_bank import Bank
from training.run.checkpoint import Reached, load_checkpoint, save_checkpoint
from training.run.optimiser import make_optimizer
from training.towers import build_towers
from twinset.errors import ConfigError

LOSS = LossConfig(view_weight=0.5, bank_weight=0.7, bank_temperature=0.1, neighbour_weight=0.3)


def unit_rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(count, 5, generator=generator), dim=1)


def one_loss(row, pool, right, counted, temperature):
    """-log of the share of the right ones, or None where there is none."""
    shares = {j: math.exp(float(row @ pool[j]) / temperature) for j in counted}
    found = sum(shares[j] for j in right)
    return -math.log(found / sum(shares.values())) if found else None


def mean(losses):
    known = [loss for loss in losses if loss is not None]
    return sum(known) / len(known)


def test_the_neighbour_loss_equals_a_plain_loop():
    rows, pool = unit_rows(4, 0), unit_rows(7, 1)
    right = [{0, 3}, {2}, set(), {6}]
    counted = [{0, 1, 3, 5}, {2, 4}, {1, 2}, set(range(7))]
    masks = [
        torch.tensor([[j in row for j in range(7)] for row in which]) for which in (right, counted)
    ]
    losses = [one_loss(rows[i], pool, right[i], counted[i], 0.2) for i in range(4)]
    assert float(neighbour_loss(rows, pool, *masks, 5.0)) == pytest.approx(mean(losses), rel=1e-5)


def test_queries_without_an_answer_lose_nothing():
    rows = unit_rows(3, 0).requires_grad_()
    nothing = torch.zeros(3, 4, dtype=torch.bool)
    loss = neighbour_loss(rows, unit_rows(4, 1), nothing, ~nothing, 5.0)
    loss.backward()
    assert loss.item() == 0
    assert not rows.grad.any()


@pytest.fixture
def products(catalogue, config, tmp_path):
    """Products 0 and 4 have one name, and the category of product 1 is not known."""
    attributes = config.augmentation.phrase_attributes
    made = load_products(catalogue, config.data, attributes, tmp_path / "cache")
    made.titles[4] = made.titles[0]
    made.categories[1] = -1
    return made


@pytest.fixture
def batch(products, config):
    size = replace(config, optimisation=replace(config.optimisation, batch_size=12))
    return make_batch(products, np.arange(20), load_tokenizer(size), size, 0, 10)


def test_what_a_batch_loses_equals_a_plain_loop(products, batch):
    bank = Bank(products, 5)
    met = [n for n in range(36) if n % 5]  # the others were not met yet
    bank.image[met], bank.text[met] = unit_rows(len(met), 2), unit_rows(len(met), 3)
    image, text, views = unit_rows(12, 4), unit_rows(12, 5), unit_rows(len(batch.view_of), 6)
    rows, names, kinds = batch.rows.tolist(), products.names, products.categories

    def called(row):
        return {j for j in met if names[j] == names[row]}

    to_image, to_text, near, found = [], [], [], []
    for i, row in enumerate(rows):
        if batch.named[i]:
            to_image.append(one_loss(text[i], bank.image, called(row), met, 0.1))
        to_text.append(one_loss(image[i], bank.text, called(row), met, 0.1))
        others = set(met) - called(row)
        alike = {j for j in others if kinds[j] == kinds[row] >= 0}
        near.append(one_loss(image[i], bank.image, alike, others, 0.1))
    for view, place in zip(views, batch.view_of.tolist(), strict=True):
        own = {rows[place]} & set(met)
        counted = set(met) - called(rows[place]) | own
        found.append(one_loss(view, bank.image, own, counted, LOSS.view_temperature))
    names_part = (mean(to_image) + mean(to_text)) / 2
    expected = 0.7 * (names_part + 0.5 * mean(found)) + 0.3 * mean(near)
    assert float(bank.loss(batch, image, text, views, LOSS)) == pytest.approx(expected, rel=1e-4)


def test_an_empty_bank_loses_nothing(products, batch):
    views = unit_rows(len(batch.view_of), 6)
    assert Bank(products, 5).loss(batch, unit_rows(12, 4), unit_rows(12, 5), views, LOSS) == 0


def test_the_bank_keeps_half_of_a_row_and_no_phrase(products, batch):
    bank = Bank(products, 5)
    first, second, text = unit_rows(12, 0), unit_rows(12, 1), unit_rows(12, 2)
    bank.store(batch, first, text)
    assert torch.allclose(bank.image[batch.rows], first)
    assert torch.equal(bank.text[batch.rows].any(1), batch.named)
    bank.store(batch, second, text)
    middle = torch.nn.functional.normalize(first + second, dim=1)
    assert torch.allclose(bank.image[batch.rows], middle, atol=1e-6)
    assert bank.image.any(1).sum() == 12


def test_a_checkpoint_holds_the_bank(products, batch, config, tmp_path):
    towers, bank, other = build_towers(config), Bank(products, 5), Bank(products, 5)
    optimizer = make_optimizer(towers, config.optimisation)
    bank.store(batch, unit_rows(12, 0), unit_rows(12, 1))
    save_checkpoint(tmp_path, config, towers, optimizer, Reached(3), bank)
    assert load_checkpoint(tmp_path, config, towers, optimizer, other).step == 3
    assert torch.equal(other.image, bank.image)
    assert torch.equal(other.text, bank.text)


@pytest.mark.parametrize(
    ("strategy", "loss"),
    [("hybrid", {"bank_weight": 0.5}), ("clip", {"neighbour_weight": 0.1})],
)
def test_a_bank_that_nothing_fills_is_refused(config, strategy, loss):
    bare = replace(config.loss, bank_weight=0.0, neighbour_weight=0.0)
    values = replace(config, loss=replace(bare, **loss), strategy=strategy).to_dict()
    with pytest.raises(ConfigError, match="bank"):
        parse_config(values)
