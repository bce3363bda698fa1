"""What a batch's texts say about its products."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from training.data.batch import showings
from training.data.captions import make_text_batch
from training.data.product_data import (
    MISSING,
    item_template,
    load_products,
    number_categories,
    with_category,
)


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


def test_what_few_products_have_is_asked_for_rather(catalogue, config, tmp_path):
    products = products_of(catalogue, config, tmp_path)
    codes = np.array([[0, 0], [0, 1], [0, 1], [0, MISSING]], np.int32)
    products = replace(
        products, codes=codes, values=[["all"], ["one", "two"]], attributes=("common", "rare")
    )
    told = [[0, math.log(4)], [0, math.log(2)], [0, math.log(2)], [0, 0]]
    assert products.rarity == pytest.approx(np.array(told), abs=1e-6)
    shares = []
    for rarity in (0.0, 1.0):
        augmentation = replace(config.augmentation, attribute_phrases=1.0, phrase_rarity=rarity)
        rows, rng = np.zeros(4000, np.int64), random.Random(0)
        asked = [
            t for t in make_text_batch(products, rows, augmentation, rng).texts if " " not in t
        ]
        shares.append(asked.count("one") / len(asked))
    # Of two attributes one is drawn by weight: 1 : 1, then 1 : 1 + ln 4.
    assert shares == pytest.approx([0.5, (1 + math.log(4)) / (2 + math.log(4))], abs=0.04)


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


def test_the_category_stands_in_the_text_only_where_it_was_asked_for(catalogue, config, tmp_path):
    data = replace(config.data, text_template="{gender}")
    augmentation = replace(config.augmentation, attribute_phrases=0.0, word_dropout=0.0)
    seen = {}
    for switch in ("never", "always", "sometimes"):
        products = load_products(
            catalogue, replace(data, category_in_text=switch), ("gender",), tmp_path / "cache"
        )
        batch = make_text_batch(products, np.arange(36), augmentation, random.Random(0))
        seen[switch] = {len(text.split()) for text in batch.texts}
        assert item_template(replace(data, category_in_text=switch), "articleType") == (
            "{gender} {articleType}" if switch == "always" else "{gender}"
        )
    assert seen == {"never": {1}, "always": {2}, "sometimes": {1, 2}}
    assert with_category("{articleType}: {title}", "articleType") == "{articleType}: {title}"
    assert with_category("{title}", None) == "{title}"


def test_rare_and_other_categories_have_no_number():
    values = ["Tops", "Tops", "Hats", None, "Other", "Other", "Bags", "Bags"]
    assert number_categories(values, rare=2).tolist() == [1, 1, -1, -1, -1, -1, 0, 0]


def test_a_product_is_shown_with_each_of_its_sides(catalogue, config, tmp_path):
    products = products_of(catalogue, config, tmp_path)
    has_image = products.has_image.copy()
    has_image[[0, 3]] = False
    texts = ["", "", *products.texts[2:]]
    products = replace(products, has_image=has_image, texts=texts)
    rows = np.array([0, 1, 2, 3])
    whole = [[False, False], [True, False], [True, True], [False, True]]
    assert showings(products, rows, sides_alone=False).tolist() == [[sides] for sides in whole]
    shown = showings(products, rows, sides_alone=True).tolist()
    assert shown[2] == [[True, True], [True, False], [False, True]]
    for row in (0, 1, 3):  # the only side, or none, each time
        assert shown[row] == [whole[row]] * 3
