"""Texts in other languages than the one that an encoder was trained in.

`language_detector` says which language a short text is in, `sentence_encoder` reads it, and
`text_head` brings what was read into the encoder's own space.
"""

from twinset.languages.language import ENGLISH, Language
from twinset.languages.language_detector import LanguageDetector
from twinset.languages.multilingual_texts import MultilingualTexts
from twinset.languages.text_head import TextHead

__all__ = ["ENGLISH", "Language", "LanguageDetector", "MultilingualTexts", "TextHead"]
