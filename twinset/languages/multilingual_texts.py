"""Finding the language of texts, and encoding those that are not English."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from twinset.errors import ArtefactError, ConfigError, InvalidInput
from twinset.languages.language import Language, primary_code
from twinset.languages.language_detector import LanguageDetector
from twinset.languages.sentence_encoder import PACKAGE, SPOKEN, SentenceEncoder, installed_version
from twinset.languages.text_head import PARTS, TextHead

Vectors = NDArray[np.float32]
LANGUAGES_FILE = "languages.npz"
SENTENCE_ENCODER = "sentence_encoder"  # the field of `encoder.json` for its package's version


class MultilingualTexts:
    """What an encoder needs for other languages than English: a detector, and a head on a
    multilingual sentence encoder. Safe to call from several threads.

    Example:
        >>> languages = MultilingualTexts(detector, head)
        >>> languages.find("schwarze Schuhe")
        Language(code='de', confidence=0.99, spoken=True)
        >>> languages.encode(["schwarze Schuhe"]).shape
        (1, 256)
    """

    def __init__(self, detector: LanguageDetector, head: TextHead) -> None:
        self.detector, self.head = detector, head
        self._sentences = SentenceEncoder()

    def find(self, text: str, given: str | None = None) -> Language:
        """The language of a text: the one that is given, if any, else what the detector finds."""
        if given is not None:
            code, confidence = primary_code(given), 1.0
        else:
            code, confidence = self.detector.find(text)
        return Language(code, confidence, code in SPOKEN)

    def reads(self, language: Language) -> bool:
        """True if a text should go through `encode`: it is not English, and its letters are those
        of a spoken language. Relatives of a spoken language, such as Ukrainian, are half read."""
        code = language.code
        return not language.is_english and (language.spoken or code in self.detector.codes)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Texts of any spoken language -> unit rows (n, d) of the encoder's text space."""
        return self.head.apply(self._sentences.encode(texts))

    def route(self, texts: Sequence[str], english: Callable[[list[str]], Vectors]) -> Vectors:
        """Texts of mixed languages -> unit rows (n, d), in their order.

        `english` encodes the texts that are English, or in letters that nothing here reads.
        """
        foreign = [place for place, text in enumerate(texts) if self.reads(self.find(text))]
        if not foreign:
            return english(list(texts))
        rows = np.empty((len(texts), self.head.dimension), np.float32)
        rows[foreign] = self.encode([texts[place] for place in foreign])
        others = sorted(set(range(len(texts))) - set(foreign))
        if others:
            rows[others] = english([texts[place] for place in others])
        return rows

    def save(self, path: Path) -> None:
        """Write detector and head as arrays, without pickle."""
        detector = self.detector
        arrays: dict[str, Any] = {
            "codes": np.array(detector.codes),
            "weights": detector.weights,
            "scale": np.float64(detector.scale),
            "bias": detector.bias,
            "most_english": np.float64(detector.most_english),
            "known_share": np.float64(detector.known_share),
            "slip_bonus": np.float64(detector.slip_bonus),
            "english": _packed(detector.english),
            "foreign": _packed(detector.foreign),
        }
        arrays |= {f"head_{name}": part for name, part in self.head.parts().items()}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> MultilingualTexts:
        """Read what `save` wrote.

        Raises:
            ValueError: if the file is not of that kind, KeyError if a part is missing.
        """
        with np.load(path, allow_pickle=False) as stored:
            detector = LanguageDetector(
                codes=tuple(str(code) for code in stored["codes"]),
                weights=stored["weights"],
                scale=float(stored["scale"]),
                bias=stored["bias"],
                english=_unpacked(stored["english"]),
                foreign=_unpacked(stored["foreign"]),
                slip_bonus=float(stored["slip_bonus"]),
                most_english=float(stored["most_english"]),
                known_share=float(stored["known_share"]),
            )
            return cls(detector, TextHead.of({name: stored[f"head_{name}"] for name in PARTS}))


def _packed(words: frozenset[str]) -> NDArray[np.uint8]:
    return np.frombuffer(" ".join(sorted(words)).encode(), np.uint8)


def _unpacked(stored: NDArray[np.uint8]) -> frozenset[str]:
    return frozenset(stored.tobytes().decode().split())


def load_languages(
    folder: Path, manifest: Mapping[str, Any], dimension: int
) -> MultilingualTexts | None:
    """The languages of a verified encoder folder; None if it has English alone.

    Raises:
        ArtefactError: if the file does not fit the encoder.
        ConfigError: if the sentence encoder that it was fitted to is not installed.
    """
    if LANGUAGES_FILE not in manifest["files"]:
        return None
    wanted = manifest.get(SENTENCE_ENCODER)
    if (found := installed_version()) != wanted:
        raise ConfigError(f"{folder} needs {PACKAGE}=={wanted}, not {found}")
    try:
        languages = MultilingualTexts.load(folder / LANGUAGES_FILE)
    except (InvalidInput, KeyError, ValueError, OSError, BadZipFile):
        raise ArtefactError(folder / LANGUAGES_FILE, "holds no detector and text head") from None
    if languages.head.dimension != dimension:
        raise ArtefactError(folder / LANGUAGES_FILE, "is of another dimension than encoder.json")
    return languages
