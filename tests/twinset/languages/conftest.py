"""A detector and a head with made-up weights, for what does not depend on training."""

import numpy as np
import pytest

from twinset.languages import LanguageDetector, MultilingualTexts, TextHead
from twinset.languages.language_detector import features_of

BUCKETS = 4096
CODES = ("en", "de", "fr", "sv", "ru", "uk", "bg", "ar", "fa", "ur")
WORDS = {"en": ["black", "shoes"], "de": ["schwarze", "schuhe"], "fr": ["chaussures", "noires"]}
WORDS |= {"sv": ["skor", "svarta"], "ru": ["туфли"], "uk": ["черевики"], "ar": ["حذاء"]}


@pytest.fixture(scope="session")
def detector():
    """Knows the words of `WORDS` by their letter groups, and nothing else."""
    weights = np.zeros((BUCKETS, len(CODES)), np.int8)
    for code, words in WORDS.items():
        for word in words:
            for feature in features_of(word, BUCKETS):
                weights[feature, CODES.index(code)] = 20
    english = frozenset({"black", "shoes", "top", "rose", "body", "jeans"})
    return LanguageDetector(CODES, weights, 0.02, np.zeros(len(CODES), np.float32), english, 0.2)


@pytest.fixture(scope="session")
def head():
    draw = np.random.default_rng(3)
    shapes = {"mean": (512,), "first": (512, 24), "first_bias": (24,)}
    shapes |= {"second": (24, 16), "second_bias": (16,)}
    parts = {name: draw.normal(size=shape) for name, shape in shapes.items()}
    return TextHead.of({name: part.astype(np.float16) for name, part in parts.items()})


@pytest.fixture(scope="session")
def languages(detector, head):
    return MultilingualTexts(detector, head)
