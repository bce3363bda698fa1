"""The queries of `make bench-words`, and what a right answer to each is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.words.word_shop import Values, WordShop
from training.languages.translated_phrases import LANGUAGES, Phrase, all_phrases

_LEAST = 10  # items of a value that is asked for
_MOST = 200  # queries of a task
_PHRASES = 60  # in each language
Query = tuple[str, NDArray[np.bool_]]  # words, and which rows (n,) are right
_GENDERED = {
    "Men": ("for men", "men's", "gents"),
    "Women": ("for women", "ladies", "women's"),
    "Boys": ("for boys",),
    "Girls": ("for girls",),
}
# Words about a price, and the least and the most that they allow.
_PRICED = (
    ("{} under 50", 0.0, 49.99),
    ("{} over 40", 40.01, np.inf),
    ("{} 20-60 euro", 20.0, 60.0),
    ("{} between 30 and 80 euro", 30.0, 80.0),
)


@dataclass(frozen=True)
class Task:
    """Queries with what is right for each; `measure` is "first", "in ten" or "P@10".

    P@10 looks at fewer places if fewer rows are right. `least` is the figure to reach. If
    `relative` is set, the figure is a share of what those queries find instead.
    """

    name: str
    measure: str
    queries: list[Query]
    least: float
    relative: tuple[str, ...] | None = None
    most: bool = False  # True if the figure should be at most `least`


def tasks_of(shop: WordShop, random: np.random.Generator) -> Iterator[Task]:
    """All tasks that the shop's fields allow."""
    yield Task("id typed whole", "first", _ids(shop, random), 1.0)
    names = _named(shop, random)
    if names:
        yield Task("exact name", "first", names, 0.85)
        yield Task("exact name", "in ten", names, 0.98)
        dropped = [(_dropped(query, random), right) for query, right in names]
        yield Task("name, 40 % of its words dropped", "in ten", dropped, 0.65)
    yield Task("type", "P@10", _of_values(shop.kinds), 0.88)
    yield Task("colour", "P@10", _of_values(shop.colours), 0.90)
    pairs = _thinned(_of_pairs(shop.colours, shop.kinds), random)
    yield Task("colour and type", "P@10", pairs, 0.80)
    brands = _thinned(_of_pairs(shop.brands, shop.kinds), random)
    yield Task("brand and type", "P@10", brands, 0.75)
    right = [*_of_values(shop.kinds), *pairs]
    for slip in (_deleted, _doubled, _swapped):
        wrong = [(slip(query, random), judge) for query, judge in right]
        name = f"one letter {slip.__name__[1:]}, share of the right spelling's"
        yield Task(name, "P@10", wrong, 0.95, tuple(query for query, _ in right))
    yield from _negations(shop, random)
    yield from _genders(shop, random)
    yield from _prices(shop)
    yield from _languages(shop, random)


def _ids(shop: WordShop, random: np.random.Generator) -> list[Query]:
    count = len(shop.version)
    rows = random.choice(count, min(200, count), replace=False)
    return [(shop.version.items.id_of(int(row)), np.arange(count) == row) for row in rows]


def _named(shop: WordShop, random: np.random.Generator) -> list[Query]:
    """Names kept out of training; any item of the name is right."""
    rows = _thinned(shop.kept_out.tolist(), random, 500)
    folded = np.array([" ".join(str(title or "").lower().split()) for title in shop.titles])
    return [(str(shop.titles[row]), folded == folded[row]) for row in rows]


def _dropped(name: str, random: np.random.Generator) -> str:
    words = name.split()
    kept = max(1, len(words) - round(0.4 * len(words)))
    return " ".join(words[place] for place in np.sort(random.permutation(len(words))[:kept]))


def _of_values(values: Values) -> list[Query]:
    counts = Counter(value for value in values.tolist() if value)
    return [(value.lower(), values == value) for value, n in counts.items() if n >= _LEAST]


def _of_pairs(ones: Values, others: Values) -> list[Query]:
    counts = Counter(zip(ones.tolist(), others.tolist(), strict=True))
    return [
        (f"{one} {other}".lower(), (ones == one) & (others == other))
        for (one, other), count in counts.items()
        if one and other and count >= _LEAST // 2
    ]


def _thinned(values: list[Any], random: np.random.Generator, most: int = _MOST) -> list[Any]:
    places = random.permutation(len(values))[:most]
    return [values[place] for place in np.sort(places)]


def _letter(text: str, random: np.random.Generator) -> int:
    """The place of a letter inside of the longest word, which is then the one mistyped."""
    longest = max(text.split(), key=len)
    start = text.index(longest)
    return start + int(random.integers(1, max(2, len(longest) - 1)))


def _deleted(text: str, random: np.random.Generator) -> str:
    place = _letter(text, random)
    return text[:place] + text[place + 1 :]


def _doubled(text: str, random: np.random.Generator) -> str:
    place = _letter(text, random)
    return text[: place + 1] + text[place:]


def _swapped(text: str, random: np.random.Generator) -> str:
    place = _letter(text, random)
    return text[: place - 1] + text[place] + text[place - 1] + text[place + 1 :]


def _negations(shop: WordShop, random: np.random.Generator) -> Iterator[Task]:
    """The most frequent colour of each type is not wanted."""
    unwanted: list[Query] = []
    of_type: list[Query] = []
    for kind, count in Counter(shop.kinds.tolist()).items():
        colour, most = Counter(shop.colours[shop.kinds == kind].tolist()).most_common(1)[0]
        if kind and colour and count - most >= _LEAST and most >= _LEAST // 2:
            form = ("{0} not {1}", "non-{1} {0}", "{0} except {1}")[int(random.integers(3))]
            text = form.format(kind.lower(), colour.lower())
            unwanted.append((text, shop.colours == colour))
            of_type.append((text, shop.kinds == kind))
    yield Task("not a colour: the colour all the same", "P@10", unwanted, 0.03, most=True)
    yield Task("not a colour: of the type", "P@10", of_type, 0.90)


def _genders(shop: WordShop, random: np.random.Generator) -> Iterator[Task]:
    genders = shop.values("gender")
    asked: list[Query] = []
    pairs = Counter(zip(shop.kinds.tolist(), genders.tolist(), strict=True))
    for (kind, gender), count in pairs.items():
        forms = _GENDERED.get(gender, ())
        if kind and forms and count >= _LEAST:
            said = forms[int(random.integers(len(forms)))]
            text = f"{kind} {said}" if said.startswith("for") else f"{said} {kind}"
            fits = (genders == gender) | (genders == "Unisex")
            asked.append((text.lower(), (shop.kinds == kind) & fits))
    yield Task("type for a gender, both right", "P@10", asked, 0.92)


def _prices(shop: WordShop) -> Iterator[Task]:
    prices = np.array(shop.values("price").tolist(), np.float64)
    asked: list[Query] = []
    for number, (kind, _) in enumerate(Counter(shop.kinds.tolist()).most_common(40)):
        form, least, most = _PRICED[number % len(_PRICED)]
        holds = (prices >= least) & (prices <= most)
        if (holds & (shop.kinds == kind)).any():
            asked.append((form.format(kind.lower()), holds))
    yield Task("price in words obeyed", "P@10", asked, 1.0)


def _languages(shop: WordShop, random: np.random.Generator) -> Iterator[Task]:
    """Types, colours and pairs in other languages, beside the same phrases in English."""
    phrases = list(all_phrases())
    fields = {word.field for one in phrases for word in (one.colour, one.kind) if word}
    columns = {field: shop.values(field) for field in fields & {*shop.version.items.names}}
    asked: list[tuple[Phrase, NDArray[np.bool_]]] = []
    for phrase in phrases:
        words = [word for word in (phrase.colour, phrase.kind) if word]
        if all(word.field in columns for word in words):
            right = [np.isin(columns[w.field].astype(str), sorted(w.values)) for w in words]
            asked.append((phrase, np.logical_and.reduce(right)))
    fitting = [(phrase, right) for phrase, right in asked if right.sum() >= _LEAST]
    fitting = _thinned(fitting, random, _PHRASES)
    english = tuple(phrase.texts["en"] for phrase, _ in fitting)
    for code in LANGUAGES[1:]:
        queries = [(phrase.texts[code], right) for phrase, right in fitting]
        yield Task(f"phrases, {code}, share of the English", "P@10", queries, 0.70, english)
