"""Items without a picture, written live: do they come first for words that do not fit them?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown_report import MarkdownTable
from benchmarks.quality.words.word_shop import EVERY, NONE, WordShop, with_writes

_ITEMS, _QUERIES, _LEAST = 30, 60, 10
# Things that have nothing to do with the queries, and whose few words lie near to all others.
_OTHERS = (
    *("Gift card", "Surprise box", "Returns label", "New arrival", "Sale item", "Size guide"),
    *("Shipping fee", "Fabric sample", "Poster", "Voucher", "Umbrella stand", "Lamp", "Cushion"),
    *("Candle", "Mystery thing"),
)


def bare_table(shop: WordShop, index_dir: Path) -> MarkdownTable:
    """Of 60 plain queries: how often a wrong item without a picture is first or among ten."""
    random = np.random.default_rng(1)
    copied = random.choice(shop.kept_out, _ITEMS - len(_OTHERS), replace=False)
    items = [_copy(shop, int(row)) for row in copied]
    others = [{"id": f"other-{n}", "title": title} for n, title in enumerate(_OTHERS)]
    queries = _plain_queries(shop, random)
    table = MarkdownTable(
        f"{_ITEMS} items without a picture", "wrong and first", "wrong among ten", "own name first"
    )
    with with_writes(shop, index_dir, [*items, *others]) as written:
        bare = set(range(len(shop.version), len(written.version)))
        settings = {"all": EVERY, "no words": replace(EVERY, words=False)}
        settings |= {"no calibration": replace(EVERY, calibration=False), "vectors alone": NONE}
        for name, parts in settings.items():
            first, ten, places = 0, 0, 0
            for text, kind in queries:
                rows = written.ask(text, parts)
                wrong = [row in bare and written.kinds[row] != kind for row in rows]
                first, ten, places = first + wrong[0], ten + sum(wrong), places + len(rows)
            found = [_finds(written, parts, item) for item in items]
            table.add(
                name,
                f"{first / len(queries):.4f}",
                f"{ten / places:.4f}",
                f"{np.mean(found):.2f}",
            )
    share = _ITEMS / (len(shop.version) + _ITEMS)
    table.add("their share of the catalogue", f"{share:.4f}", f"{share:.4f}", "")
    return table


def _copy(shop: WordShop, row: int) -> dict[str, Any]:
    """A new item with the words of another and no picture."""
    fields = shop.version.items.item(row)
    return {**fields, "id": f"bare-{row}", "group_id": None, "image": None}


def _plain_queries(shop: WordShop, random: np.random.Generator) -> list[tuple[str, str]]:
    """Types, alone and with a colour, and the type that is right."""
    kinds, counts = np.unique([kind for kind in shop.kinds if kind], return_counts=True)
    asked = [str(kind) for kind in random.permutation(kinds[counts >= _LEAST])[: _QUERIES // 2]]
    rows = random.permutation(len(shop.version))
    pairs = [row for row in rows if shop.kinds[row] and shop.colours[row]][: _QUERIES // 2]
    coloured = [
        (f"{shop.colours[row]} {shop.kinds[row]}".lower(), str(shop.kinds[row])) for row in pairs
    ]
    return [(kind.lower(), kind) for kind in asked] + coloured


def _finds(shop: WordShop, parts: Any, item: dict[str, Any]) -> bool:
    """True if the item's exact name finds an item of that name first."""
    rows = shop.ask(str(item["title"]), parts, limit=1)
    return bool(rows) and shop.titles[rows[0]] == item["title"]
