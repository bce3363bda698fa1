"""Second views: which products get one, from which photo, and what the loss makes of them."""

import io
import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from training.data import augment as augmentation
from training.data.augment import as_shoppers_photo, augment, studio_backdrop
from training.data.batch import choose_views, load_tokenizer, make_batch
from training.data.product_data import load_products
from training.objective.losses import view_loss
from training.run.parallel import Shard
from twinset.errors import CatalogueError


def photo(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (30, 40), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def photos(tmp_path):
    """Two of product 5, one of product 3, one broken, and one of a product that is not there."""
    path = tmp_path / "photos.parquet"
    images = [photo("red"), photo("green"), photo("blue"), b"broken", photo("black")]
    table = pa.table({"id": ["5", "3", "5", "7", "none"], "image": images})
    pq.write_table(table, path)
    return path


@pytest.fixture
def products(catalogue, config, photos, tmp_path):
    attributes = config.augmentation.phrase_attributes
    return load_products(catalogue, config.data, attributes, tmp_path / "cache", photos)


def test_photos_belong_to_their_products(products):
    assert products.photo_rows.tolist() == [3, 5, 5]
    assert isinstance(products.photos, np.memmap)  # never as a whole in memory
    assert np.flatnonzero(products.has_photo).tolist() == [3, 5]
    rows = np.array([5, 4, 3] * 20)
    views = products.second_views(rows, torch.Generator().manual_seed(0)).numpy()
    colours = [tuple(view[0, 0]) for view in views]
    assert set(colours[0::3]) == {(255, 0, 0), (0, 0, 255)}
    assert set(colours[2::3]) == {(0, 128, 0)}
    assert np.array_equal(views[1], products.pixels[4])


@pytest.mark.parametrize("columns", [{"id": ["1"]}, {"image": [b""]}, None])
def test_a_file_without_photos_is_refused(catalogue, config, tmp_path, columns):
    path = tmp_path / "photos.parquet"
    if columns is None:
        path.write_text("no Parquet")
    else:
        pq.write_table(pa.table(columns), path)
    with pytest.raises(CatalogueError, match="photos"):
        load_products(catalogue, config.data, (), tmp_path / "cache", path)


def test_products_with_a_photo_are_rather_shown_twice(products, config):
    config = replace(config, augmentation=replace(config.augmentation, second_views=0.25))
    chosen = np.arange(36)
    times = np.zeros(36)
    for step in range(400):
        places = choose_views(products, chosen, config, step, Shard())
        assert len(set(places.tolist())) == 9
        times[places] += 1
    ordinary = np.delete(times, [3, 5]).mean()
    assert times[[3, 5]].mean() > 1.8 * ordinary
    halves = choose_views(products, chosen, config, 0, Shard(1, 2))
    assert (halves[:4] < 18).all()
    assert (halves[4:] >= 18).all()


def test_a_batch_names_what_its_views_are_of(products, config):
    batch = make_batch(products, np.arange(36), load_tokenizer(config), config, 0, 10)
    assert batch.views.shape == (2, *batch.images.shape[1:])
    assert len(batch.view_of) == 2
    assert len(batch.names) == len(batch.images)


def test_the_loss_equals_a_plain_loop():
    generator = torch.Generator().manual_seed(0)
    views, image = (
        torch.nn.functional.normalize(torch.randn(n, 5, generator=generator), dim=1) for n in (3, 6)
    )
    of, names = torch.tensor([4, 0, 2]), torch.tensor([7, 1, 2, 3, 4, 7])  # 0 and 5 are one name
    expected = 0.0
    for i, place in enumerate(of.tolist()):
        scores = {j: float(views[i] @ image[j]) / 0.1 for j in range(6)}
        rivals = [s for j, s in scores.items() if j == place or names[j] != names[place]]
        expected += (math.log(sum(math.exp(s) for s in rivals)) - scores[place]) / 3
    same = names[of][:, None] == names[None, :]
    assert float(view_loss(views, of, image, same, 0.1)) == pytest.approx(expected, rel=1e-5)


def test_another_backdrop_leaves_the_product(config):
    settings = replace(config.augmentation, background=1.0, geometry=0.0, colour=0.0, blur=0.0)
    pixels = torch.full((8, 40, 30, 3), 255, dtype=torch.uint8)
    pixels[:, 10:30, 10:20] = torch.tensor([120, 30, 60], dtype=torch.uint8)
    images = augment(pixels, 40, 30, settings, torch.Generator().manual_seed(1))
    inside = images[:, :, 12:28, 12:18]
    assert torch.allclose(inside, torch.tensor([120, 30, 60]).view(1, 3, 1, 1) / 255, atol=1e-3)
    corners = images[:, :, 0, 0]
    assert (corners < 0.9).any(dim=1).sum() >= 6
    assert len(corners.unique(dim=0)) == 8


def test_a_pale_product_keeps_its_inside():
    pixels = torch.full((2, 3, 84, 60), 1.0)
    pixels[:, :, 16:68, 16:44] = 0.3  # the seams of a white shirt
    pixels[:, :, 24:60, 24:36] = 1.0
    pixels[1, :, 36:48, :] = 1.0  # a gap in the seams lets the backdrop in
    backdrop = studio_backdrop(pixels)
    assert backdrop.shape == (2, 1, 84, 60)
    assert (backdrop[:, :, :16] == 1).all()
    assert (backdrop[0, 0, 16:68, 16:24] == 0).all()
    assert (backdrop[0, 0, 28:56, 28:32] == 0).all()
    assert (backdrop[1, 0, 28:56, 28:32] == 1).all()


def test_a_nearly_white_product_is_no_backdrop():
    pixels = torch.full((1, 3, 84, 60), 1.0)
    pixels[:, :, :, 20:40] = 0.95  # joined to the border, as a cropped white shirt is
    backdrop = studio_backdrop(pixels)
    assert (backdrop[..., 24:36] == 0).all()
    assert (backdrop[..., :16] == 1).all()


def test_no_views_are_no_images(config):
    nothing = torch.zeros(0, 64, 48, 3, dtype=torch.uint8)
    settings = as_shoppers_photo(config.augmentation)
    assert augment(nothing, 32, 24, settings, torch.Generator()).shape == (0, 3, 32, 24)


def test_flips_can_be_switched_off(config):
    """Nothing else is changed, so every picture is itself or its mirror image."""
    still = {"background": 0.0, "geometry": 0.0, "colour": 0.0, "blur": 0.0}
    pixels = torch.randint(0, 256, (16, 32, 24, 3), dtype=torch.uint8)
    plain = pixels.permute(0, 3, 1, 2) / 255

    def mirrored(flips):
        settings = replace(config.augmentation, **still, flips=flips)
        images = augment(pixels, 32, 24, settings, torch.Generator().manual_seed(0))
        same = (images - plain).abs().amax((1, 2, 3)) < 1e-4
        turned = (images - plain.flip(3)).abs().amax((1, 2, 3)) < 1e-4
        assert bool((same | turned).all())
        return int(turned.sum())

    assert mirrored(flips=False) == 0
    assert 3 <= mirrored(flips=True) <= 13


def test_augmentation_computes_on_the_device_of_the_pixels(config):
    """The device `meta` computes nothing, and refuses operands that lie on another one."""
    images = torch.empty(4, 3, 32, 24, device="meta")
    draws = augmentation.Draws(torch.Generator().manual_seed(0), images.device)
    moved = augmentation._move(images, (16, 12), config.augmentation, draws)
    assert moved.shape == (4, 3, 16, 12)
    for made in (
        moved,
        augmentation._relight(images, 1.0, draws),
        augmentation._scenes(4, 32, 24, draws),
        draws.rows(9, 0.5),
    ):
        assert made.device.type == "meta"
    with pytest.raises(RuntimeError, match="is not on the expected device"):
        _ = images * torch.rand(4, 1, 1, 1)
