"""Which writing system a text is in, for the languages that their letters already tell apart."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

# First and last code point of each script's letters, and the languages that are written in it.
_BLOCKS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0x0370, 0x03FF, ("el",)),
    (0x0400, 0x052F, ("ru", "uk", "bg")),
    (0x0530, 0x058F, ("hy",)),
    (0x0590, 0x05FF, ("he",)),
    (0x0600, 0x06FF, ("ar", "fa", "ur")),
    (0x0750, 0x077F, ("ar", "fa", "ur")),
    (0x0900, 0x097F, ("hi",)),
    (0x0980, 0x09FF, ("bn",)),
    (0x0A00, 0x0A7F, ("pa",)),
    (0x0A80, 0x0AFF, ("gu",)),
    (0x0B80, 0x0BFF, ("ta",)),
    (0x0C00, 0x0C7F, ("te",)),
    (0x0C80, 0x0CFF, ("kn",)),
    (0x0D00, 0x0D7F, ("ml",)),
    (0x0D80, 0x0DFF, ("si",)),
    (0x0E00, 0x0E7F, ("th",)),
    (0x0E80, 0x0EFF, ("lo",)),
    (0x1000, 0x109F, ("my",)),
    (0x10A0, 0x10FF, ("ka",)),
    (0x1100, 0x11FF, ("ko",)),
    (0x1200, 0x137F, ("am",)),
    (0x1780, 0x17FF, ("km",)),
    (0x1F00, 0x1FFF, ("el",)),
    (0x3040, 0x30FF, ("ja",)),
    (0x3130, 0x318F, ("ko",)),
    (0x31F0, 0x31FF, ("ja",)),
    (0x3400, 0x4DBF, ("zh",)),
    (0x4E00, 0x9FFF, ("zh",)),
    (0xAC00, 0xD7AF, ("ko",)),
    (0xF900, 0xFAFF, ("zh",)),
    (0xFB50, 0xFDFF, ("ar", "fa", "ur")),
    (0xFE70, 0xFEFF, ("ar", "fa", "ur")),
)
_STARTS = [first for first, _, _ in _BLOCKS]
# Scripts whose single sign is already a word.
_WORD_SIGNS = frozenset({"zh", "ja", "ko"})


def languages_of_script(text: str) -> tuple[str, ...]:
    """The languages that the text's letters allow; empty if they are Latin or there are none.

    A foreign word beside a Latin brand decides: "Nike 黑色鞋子" is Chinese.
    """
    if text.isascii():
        return ()
    counts: Counter[tuple[str, ...]] = Counter()
    for sign in text:
        place = bisect_right(_STARTS, ord(sign)) - 1
        if place >= 0 and ord(sign) <= _BLOCKS[place][1]:
            counts[_BLOCKS[place][2]] += 1
    if ("ja",) in counts:  # Japanese is written in Chinese signs too, Chinese never in kana
        counts[("ja",)] += counts.pop(("zh",), 0)
    if not counts:
        return ()
    languages, count = counts.most_common(1)[0]
    return languages if count > 1 or languages[0] in _WORD_SIGNS else ()
