"""Which language a short text is in: by its letters, its words, and how sure that is."""

from dataclasses import replace

import numpy as np
import pytest

from twinset.errors import InvalidInput
from twinset.languages.language import Language, primary_code
from twinset.languages.language_detector import features_of, words_of
from twinset.languages.scripts import languages_of_script


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("काले जूते", "hi"),
        ("μαύρα παπούτσια", "el"),
        ("נעליים שחורות", "he"),
        ("黑色鞋子", "zh"),
        ("黒い靴", "ja"),
        ("검은 신발", "ko"),
        ("รองเท้าสีดำ", "th"),
        ("কালো জুতা", "bn"),
        ("Nike 黑色鞋子", "zh"),
        ("Nike スニーカー 黒", "ja"),
    ],
)
def test_letters_alone_tell_some_languages(detector, text, code):
    assert detector.find(text) == (code, 1.0)


@pytest.mark.parametrize(
    "text", ["", "   ", "42", "👗👠", "black shoes", "§$%", "x" * 5000, "\u03b1 3"]
)
def test_texts_without_letters_of_another_script_may_be_latin(text):
    assert languages_of_script(text) == ()


@pytest.mark.parametrize(
    "text", ["", "👗", "10042", "black shoes", "Black SHOES!", "top", "rose", "jeans 32", "—"]
)
def test_what_is_known_or_says_nothing_is_english(detector, text):
    assert detector.find(text) == ("en", 1.0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("schwarze Schuhe", "de"),
        ("SCHWARZE SCHUHE", "de"),
        ("chaussures noires", "fr"),
        ("schwarze top", "de"),
        ("svarta skor", "sv"),
        ("туфли", "ru"),
        ("черевики", "uk"),
        ("حذاء", "ar"),
        ("schwarze Schuhe " * 100, "de"),
    ],
)
def test_words_tell_the_others(detector, text, code):
    found, confidence = detector.find(text)
    assert found == code
    assert 0.5 < confidence <= 1


def test_a_text_is_english_unless_the_model_is_sure(detector):
    detector = replace(detector, weights=np.zeros_like(detector.weights))
    code, chance = detector.find("qqq")  # each language is as likely
    assert chance == pytest.approx(1 / len(detector.codes))
    assert code != "en"
    assert replace(detector, most_english=0.05).find("qqq")[0] == "en"


def test_chances_are_those_of_a_plain_loop(detector):
    detector = replace(detector, known_share=0.4)
    words = ["schwarze", "black", "skor"]
    logits = [float(bias) for bias in detector.bias]
    for word in words:
        for feature in features_of(word, len(detector.weights)):
            for place in range(len(logits)):
                share = 0.4 if word in detector.english else 1
                logits[place] += int(detector.weights[feature, place]) * detector.scale * share
    chances = np.exp(logits) / np.exp(logits).sum()
    assert detector.chances(words) == pytest.approx(chances)


def test_words_are_folded_and_counted():
    assert words_of("L'été, Größe 42 ÄRMEL") == ["été", "größe", "ärmel"]
    assert len(words_of("eins " * 1000)) == 40
    assert len(list(features_of("x" * 9999, 64))) < 200


def test_parts_must_fit(detector):
    with pytest.raises(InvalidInput):
        replace(detector, codes=detector.codes[:-1])
    with pytest.raises(InvalidInput):
        replace(detector, codes=tuple(reversed(detector.codes)))


def test_tags_name_a_language():
    assert [primary_code(tag) for tag in ("de", "pt-BR", "zh_Hant_TW", "EN")] == [
        *("de", "pt", "zh", "en")
    ]
    assert Language("en", 1.0, spoken=True).is_english
