"""Teaching an encoder languages: what is taught, what is kept out, and what the command leaves."""

import random
import shutil
from dataclasses import replace

import numpy as np
import pytest

from tests.training.conftest import TYPES
from training.data.seen_products import SeenProducts, product_keys
from training.export.embed_catalogue import embed_catalogue
from training.languages import foreign_relevance, language_command
from training.languages.fit_detector import DetectorRecipe, fit_detector
from training.languages.fit_text_head import HeadRecipe, Lessons, Material, even_chances, fit_head
from training.languages.glossary import entries, translations
from training.languages.language_command import languages as teach
from training.languages.language_command import rows_to_learn_from
from training.languages.shop_texts import ShopTexts
from training.languages.slips import slip
from training.languages.translated_phrases import LANGUAGES, all_phrases, kept_out_words
from twinset.artefacts import read_manifest
from twinset.columns import columns_from_table
from twinset.encoders import HashEncoder, load_encoder
from twinset.encoders.encoder import normalise
from twinset.errors import ConfigError
from twinset.languages.language_detector import one_slip_away

SMALL = DetectorRecipe(
    words=400, other_words=60, shop_queries=300, buckets=2**13, epochs=6, confusable_words=400
)


def test_no_measured_word_is_trained_on():
    for code in LANGUAGES[1:]:
        measured = kept_out_words(code)
        assert len(measured) > 50
        taught = {word.lower() for entry in entries(code) for word in entry.foreign}
        assert not taught & measured, code


def test_every_phrase_is_there_in_every_language():
    phrases = list(all_phrases())
    assert len(phrases) > 500
    assert all(phrase.texts[code].strip() for phrase in phrases for code in LANGUAGES)
    by_english = {phrase.texts["en"]: phrase.texts for phrase in phrases}
    black = by_english["black shoes"]
    assert (black["de"], black["fr"], black["zh"]) == (
        "schwarze Schuhe",
        "chaussures noires",
        "黑色鞋子",
    )
    assert by_english["white dresses"]["es"] == "vestidos blancos"


def test_translations_name_what_their_english_names():
    taught = translations()
    assert taught == translations()  # the same each time
    assert {"Krawatte", "krawatte"} <= {one.foreign for one in taught if one.english == "ties"}
    assert all(one.foreign and one.english for one in taught)


def test_a_slip_is_one_letter():
    rng = random.Random(3)
    for _ in range(300):
        word = rng.choice(["sneakers", "handbag", "belts"])
        made = slip(word, rng)
        assert one_slip_away(made, {word}) or made == word
    assert slip("red tie", rng) == "red tie"  # no word is long enough


@pytest.mark.parametrize("word", ["snekers", "sneakerss", "snaekers", "sneakurs", "sneakers"])
def test_slips_are_recognised(word):
    assert one_slip_away(word, {"sneakers"})
    assert not one_slip_away(word, {"handbag"})
    assert not one_slip_away("re", {"red"})


def test_shop_texts_come_from_the_products_that_are_given(catalogue):
    titles = catalogue.rows(["title"])["title"].to_pylist()
    everything = ShopTexts.of(catalogue, ("gender", "baseColour"), np.arange(36))
    some = ShopTexts.of(catalogue, ("gender", "baseColour"), np.array([4, 7]))
    assert set(titles) <= set(everything.names)
    assert set(titles) & set(some.names) == {titles[4], titles[7]}
    assert {"red", "women"} <= everything.values
    assert "Women Red" in everything.phrases
    nothing = ShopTexts.of(catalogue, (), np.arange(36))
    assert nothing.phrases == []
    assert nothing.queries()


def test_what_a_run_kept_out_is_not_learnt_from(catalogue, tmp_path):
    encoder, everything = tmp_path / "encoder", list(range(36))
    HashEncoder(8).save(encoder)
    assert rows_to_learn_from(encoder, catalogue).tolist() == everything  # it does not say
    keys = product_keys(catalogue, by_row=True)
    none = np.array([], np.uint64)
    SeenProducts(np.sort(keys[3:20]), none, True, "").save(encoder)
    assert rows_to_learn_from(encoder, catalogue).tolist() == list(range(3, 20))
    SeenProducts(keys[:1], none, True, "").save(encoder)  # one name in common with another shop
    assert rows_to_learn_from(encoder, catalogue).tolist() == everything


def test_a_catalogue_of_few_items_has_a_curve_for_other_languages(catalogue, monkeypatch):
    size = 12
    monkeypatch.setattr(foreign_relevance, "_QUERIES", 100)
    names = ["baseColour", "articleType"]
    columns = columns_from_table(catalogue.rows(names).slice(0, size), names)
    items = normalise(np.random.default_rng(0).normal(size=(size, 8)).astype(np.float32))
    curve = foreign_relevance.foreign_curve(
        HashEncoder(8).encode_texts, items, columns, "articleType"
    )
    low, high = curve([-1.0, 1.0])
    assert 0 <= low <= high <= 1


@pytest.fixture(scope="module")
def detector(catalogue):
    texts = ShopTexts.of(catalogue, ("gender", "baseColour", "articleType"), np.arange(36))
    return fit_detector(texts.queries(), texts.values, SMALL)


def test_a_fitted_detector_tells_common_words(detector):
    assert detector.find("das ist nicht mein")[0] == "de"
    assert detector.find("это было")[0] == "ru"
    assert detector.find("pour vous avec")[0] == "fr"
    assert detector.find("women red watches")[0] == "en"
    assert detector.find("wommen redd wathces")[0] == "en"
    assert {"red", "women", "watches"} <= detector.english


def test_a_fitted_head_reaches_its_targets():
    draw = np.random.default_rng(0)
    turn = draw.normal(size=(24, 8))
    sentences = normalise(draw.normal(size=(400, 24)).astype(np.float32))
    targets = normalise((sentences @ turn).astype(np.float32))
    shares = even_chances([(300, 0.5), (100, 0.5)])
    assert shares[:300].sum() == pytest.approx(0.5)
    material = Material(
        Lessons(sentences, targets, shares),
        Lessons(sentences[:50], targets[:50], even_chances([(50, 1.0)])),
        np.zeros((1, 24), np.float32),
        targets,
    )
    recipe = HeadRecipe(steps=300, batch=64, hidden=64, dropout=0.0)
    head = fit_head(material, recipe)
    assert (head.apply(sentences) * targets).sum(axis=1).mean() > 0.95
    again = fit_head(material, recipe)
    assert np.array_equal(head.first, again.first)


@pytest.fixture
def quick(monkeypatch):
    """Fewer texts than an encoder is taught, which take a minute to read."""
    whole = ShopTexts.of

    def some(*given):
        texts = whole(*given)
        return replace(texts, words=texts.words[:50], mixed=texts.mixed[:50])

    monkeypatch.setattr(ShopTexts, "of", some)
    monkeypatch.setattr(language_command, "translations", lambda: translations()[:40])


@pytest.mark.long
@pytest.mark.usefixtures("quick")
def test_the_command_adds_a_file_and_keeps_the_fingerprint(compact, catalogue, tmp_path):
    before = load_encoder(compact, "cpu")
    embed_catalogue(before, catalogue, tmp_path / "emb")
    out = tmp_path / "encoder"
    shutil.copytree(compact, out)
    teach(out, catalogue.path, tmp_path / "emb", out, steps=2, words=300)
    manifest = read_manifest(out, "encoder", "encoder.json")
    assert manifest["fingerprint"] == before.fingerprint
    taught = load_encoder(out, "cpu")
    english = [f"women red {kind.lower()}" for kind in TYPES]
    assert np.array_equal(taught.encode_texts(english), before.encode_english(english))
    assert taught.encode_texts(["это было", "women"]).shape == (2, 256)


def test_only_encoders_with_two_towers_can_be_taught(catalogue, tmp_path):
    HashEncoder(64).save(tmp_path / "hash")
    with pytest.raises(ConfigError, match="two separate towers"):
        teach(tmp_path / "hash", catalogue.path, tmp_path, tmp_path / "out")
