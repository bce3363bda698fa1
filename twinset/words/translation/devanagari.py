"""Hindi words in one spelling: people write several of them in more ways than one.

Dots below letters are left out as often as not ("साड़ी", "साडी"), a nasal is a dot or half a letter
("जींस", "जीन्स"), and the vowels of English words differ ("सैंडल", "सेंडल").
"""

from __future__ import annotations

import re

# After a number: "2 हज़ार रुपये", which is "2k rupees".
RUPEES = r"(?:रुपय[ेा]|रूपय[ेा]|रुपए|रूपए|रुपयों|रूपयों|रु\.?|रू\.?)"
THOUSAND = "(?:हजार|हज़ार)"

_SAME = str.maketrans(
    {
        "\u093c": "",  # the dot below
        "\u200c": "",
        "\u200d": "",
        "\u0901": "\u0902",  # two signs of a nasal vowel
        "\u0949": "\u093e",  # ॉ and ा
        "\u0911": "\u0906",  # ऑ and आ
        "\u0948": "\u0947",  # ै and े
    }
)
_HALF_NASAL = re.compile("[ङञणनम]\u094d(?=[क-घच-झट-ढत-धप-भशस])")
_LAST_Y = re.compile("य([\u0947\u0940])$")  # "नये" and "नए", "नयी" and "नई"
_INDIAN_GROUPS = re.compile(r"\d,\d\d,\d")  # "1,50,000"
_VOWELS = {"\u0947": "ए", "\u0940": "ई"}


def in_one_spelling(word: str) -> str:
    """A folded Hindi word as all of its usual spellings become.

    Example:
        >>> in_one_spelling("जीन्स") == in_one_spelling("जींस")
        True
    """
    if word.isascii():
        return word
    word = _HALF_NASAL.sub("\u0902", word.translate(_SAME))
    return _LAST_Y.sub(lambda found: _VOWELS[found[1]], word)


def amount_in_english(text: str) -> str:
    """A price with English digits and words: "२ हज़ार रुपये" is "2k rupees".

    Example:
        >>> amount_in_english("२००० रुपये")
        '2000 rupees'
    """
    if _INDIAN_GROUPS.search(text):
        text = text.replace(",", "")
    if text.isascii():
        return text
    text = "".join(str(int(one)) if one.isdecimal() else one for one in text)
    text = re.sub(rf"^{RUPEES}\s?", "₹", text)
    text = re.sub(rf"\s?{THOUSAND}", "k", text)
    return re.sub(rf"\s?{RUPEES}", " rupees", text)
