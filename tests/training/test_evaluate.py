"""Evaluation against plain loops over every pair."""

from collections import Counter

import numpy as np
import pytest

from training.evaluation.evaluate import (
    by_name,
    evaluate,
    neighbours,
    open_pool,
    own_photo,
    shop_report,
)
from training.evaluation.repeated_pictures import repeated_pictures
from training.export.embed_catalogue import embed_catalogue
from twinset.embeddings import open_embeddings
from twinset.encoders import HashEncoder
from twinset.errors import ArtefactError, CatalogueError


@pytest.fixture(scope="module")
def folders(catalogue, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hash")
    HashEncoder(16).save(folder / "encoder")
    embed_catalogue(HashEncoder(16), catalogue, folder / "embeddings")
    return folder


@pytest.fixture(scope="module")
def pool(catalogue, folders):
    return open_pool(folders / "encoder", catalogue, open_embeddings(folders / "embeddings"))


def test_neighbours_equal_a_plain_loop(pool):
    image, item, kinds = pool.embeddings.image, pool.embeddings.item, pool.category
    reciprocal, precision = [], []
    for query in range(36):
        others = [row for row in range(36) if row != query]
        order = sorted(others, key=lambda row: -float(image[query] @ item[row]))
        hits = [kinds[row] == kinds[query] for row in order]
        reciprocal.append(1 / (1 + hits.index(True)))
        precision.append(sum(hits[:10]) / 10)
    scores = neighbours(pool, np.arange(36))
    assert scores["mrr"] == pytest.approx(np.mean(reciprocal))
    assert scores["precision@10"] == pytest.approx(np.mean(precision))
    assert scores["recall@1"] == pytest.approx(np.mean([r == 1 for r in reciprocal]))


def test_names_equal_a_plain_loop(pool):
    text, image = pool.embeddings.text, pool.embeddings.image
    ranks = [1 + sum(text[q] @ image[r] > text[q] @ image[q] for r in range(36)) for q in range(36)]
    assert by_name(pool, np.arange(36), "image")["recall@5"] == np.mean(np.array(ranks) <= 5)


def test_an_identical_picture_counts_as_the_own_photo(pool):
    expected = [
        pool.picture[np.argmax(pool.embeddings.item @ pool.embeddings.image[row])]
        == pool.picture[row]
        for row in range(36)
    ]
    assert own_photo(pool, np.arange(36))["recall@1"] == np.mean(expected)


def test_the_report_says_what_was_measured(pool):
    scores = evaluate(pool, 10)
    report = shop_report(pool, scores)
    assert report["encoder"] == {"name": "hash", "fingerprint": "hash-16"}
    assert report["scores"]["picture_neighbours"]["queries"] == 10
    assert evaluate(pool, 10) == scores


@pytest.mark.parametrize("missing", [range(18), range(36)])
def test_products_without_a_category_do_not_ask(catalogue, folders, monkeypatch, missing):
    known = [str(number % 4) if number not in missing else None for number in range(36)]
    monkeypatch.setattr("training.evaluation.evaluate.category_values", lambda _: known)
    pool = open_pool(folders / "encoder", catalogue, open_embeddings(folders / "embeddings"))
    assert np.flatnonzero(pool.category < 0).tolist() == list(missing)
    asked = evaluate(pool, 100).get("picture_neighbours", {"queries": 0})
    assert asked["queries"] == 36 - len(missing)


def test_embeddings_of_another_encoder_are_refused(catalogue, folders, tmp_path):
    HashEncoder(8).save(tmp_path / "other")
    with pytest.raises(ArtefactError, match="another encoder"):
        open_pool(tmp_path / "other", catalogue, open_embeddings(folders / "embeddings"))


def test_nothing_kept_out_is_said(pool):
    from dataclasses import replace

    with pytest.raises(CatalogueError, match="kept out"):
        evaluate(replace(pool, held_out=np.array([], np.int64)), 10)


def test_items_with_the_same_picture_are_reported(catalogue):
    """By the bytes of the pictures: the made catalogue holds no near copies."""
    pictures = list(catalogue.images())
    held = Counter(data for data in pictures if data is not None)
    found = repeated_pictures(catalogue)
    assert found["pictures"] == held.total()
    assert found["repeats"] == held.total() - len(held)
    sizes = sorted((size for size in held.values() if size > 1), reverse=True)
    assert found["groups"] == len(sizes)
    assert [group["items"] for group in found["largest"]] == sizes[:20]
