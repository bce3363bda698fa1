"""Texts of mixed languages: which way each goes, and what the head makes of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from twinset.errors import ArtefactError, ConfigError, InvalidInput
from twinset.languages import Language, MultilingualTexts, sentence_encoder
from twinset.languages.multilingual_texts import LANGUAGES_FILE, load_languages

MIXED = ["black shoes", "schwarze Schuhe", "", "黑色鞋子", "काले जूते", "svarta skor", "туфли"]


def english(texts):
    return np.tile(np.eye(1, 16, dtype=np.float32), (len(texts), 1))


def test_the_head_is_what_a_plain_loop_computes(head):
    rows = np.random.default_rng(1).normal(size=(3, 512)).astype(np.float32)
    for row, given in zip(rows, head.apply(rows), strict=True):
        hidden = [
            max(0.0, sum((x - m) * w for x, m, w in zip(row, head.mean, column, strict=True)) + b)
            for column, b in zip(head.first.T, head.first_bias, strict=True)
        ]
        out = [
            sum(h * w for h, w in zip(hidden, column, strict=True)) + b
            for column, b in zip(head.second.T, head.second_bias, strict=True)
        ]
        length = sum(value**2 for value in out) ** 0.5
        assert given == pytest.approx([value / length for value in out], abs=1e-4)


def test_each_text_goes_where_its_language_is_spoken(languages):
    rows = languages.route(MIXED, english)
    by_tower = [bool((row == np.eye(1, 16)[0]).all()) for row in rows]
    # English, what says nothing, and letters that nothing here reads keep the encoder's own tower.
    assert by_tower == [True, False, True, False, True, False, False]
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert languages.route([], english).shape == (0, 16)


def test_a_batch_says_what_single_texts_say(languages):
    together = languages.route(MIXED, english)
    alone = np.concatenate([languages.route([text], english) for text in MIXED])
    assert together == pytest.approx(alone, abs=1e-5)


def test_threads_share_one_sentence_encoder(detector, head):
    fresh = MultilingualTexts(detector, head)  # opened by whichever thread is first
    texts = [f"schwarze Schuhe {number}" for number in range(32)]
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda text: fresh.encode([text])[0], texts))
    assert np.array(rows) == pytest.approx(fresh.encode(texts), abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "👗", "x" * 100_000, "黑色 shoes größe נעל", "\x00"])
def test_any_text_has_a_row(languages, text):
    rows = languages.encode([text])
    assert np.isfinite(rows).all()
    assert np.linalg.norm(rows) == pytest.approx(1, abs=1e-4)


def test_the_same_words_come_close_in_every_language(languages):
    vectors = languages._sentences.encode(["black shoes", "schwarze Schuhe", "黑色鞋子", "a dog"])
    assert min(vectors[0] @ vectors[1], vectors[0] @ vectors[2]) > vectors[0] @ vectors[3]


def test_a_given_language_overrides_the_words(languages):
    assert languages.find("top", "de-AT") == Language("de", 1.0, spoken=True)
    assert languages.find("schwarze Schuhe", "en").is_english
    assert languages.find("top", "hi") == Language("hi", 1.0, spoken=False)
    assert languages.find("काले जूते") == Language("hi", 1.0, spoken=False)


def test_stored_and_read_back(languages, tmp_path):
    languages.save(tmp_path / LANGUAGES_FILE)
    version = sentence_encoder.installed_version()
    manifest = {"files": {LANGUAGES_FILE: ""}, "sentence_encoder": version}
    again = load_languages(tmp_path, manifest, 16)
    assert [again.find(text) for text in MIXED] == [languages.find(text) for text in MIXED]
    assert again.encode(MIXED) == pytest.approx(languages.encode(MIXED), abs=1e-6)
    assert load_languages(tmp_path, {"files": {}}, 16) is None
    with pytest.raises(ArtefactError, match="dimension"):
        load_languages(tmp_path, manifest, 32)
    with pytest.raises(ConfigError, match=f"==9.9, not {version}"):
        load_languages(tmp_path, manifest | {"sentence_encoder": "9.9"}, 16)
    (tmp_path / LANGUAGES_FILE).write_bytes(b"none")
    with pytest.raises(ArtefactError, match=LANGUAGES_FILE):
        load_languages(tmp_path, manifest, 16)


def test_a_head_of_parts_that_do_not_fit_is_refused(head):
    with pytest.raises(InvalidInput):
        replace(head, mean=head.mean[:-1])


def test_without_the_package_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sentence_encoder, "PACKAGE", "no-such-package-of-ours")
    with pytest.raises(ConfigError, match="pip install"):
        sentence_encoder.installed_version()
