"""What a batch's texts say about its products."""

import random
from dataclasses import replace

import numpy as np

from training.data import load_products
from training.texts import make_text_batch


def products_of(catalogue, config, tmp_path):
    return load_products(
        catalogue, config.data, config.augmentation.phrase_attributes, tmp_path / "cache"
    )


def test_a_phrase_matches_every_product_with_its_attributes(catalogue, config, tmp_path):
    products = products_of(catalogue, config, tmp_path)
    rows = np.arange(36)
    augmentation = replace(config.augmentation, attribute_phrases=1.0)
    batch = make_text_batch(products, rows, augmentation, random.Random(0))
    for i, text in enumerate(batch.texts):
        for j in range(36):
            values = {products.values[a][products.codes[j, a]] for a in (0, 1, 4)}
            assert batch.matches[i, j] == (set(text.split()) <= values)


def test_names_match_themselves_alone(catalogue, config, tmp_path):
    products = products_of(catalogue, config, tmp_path)
    augmentation = replace(config.augmentation, attribute_phrases=0.0, word_dropout=0.0)
    batch = make_text_batch(products, np.arange(36), augmentation, random.Random(0))
    assert batch.texts == products.texts
    assert np.array_equal(batch.matches, np.eye(36, dtype=bool))


def test_the_pixel_cache_is_reused_and_follows_the_catalogue(catalogue, config, tmp_path):
    first = products_of(catalogue, config, tmp_path)
    stamp = (tmp_path / "cache" / "pixels.npy").stat().st_mtime_ns
    again = products_of(catalogue, config, tmp_path)
    assert (tmp_path / "cache" / "pixels.npy").stat().st_mtime_ns == stamp
    assert np.array_equal(first.pixels, again.pixels)
    assert first.has_image.all()
    smaller = replace(config.data, image_width=24)
    changed = load_products(catalogue, smaller, ("gender",), tmp_path / "cache")
    assert changed.pixels.shape == (36, 64, 24, 3)
