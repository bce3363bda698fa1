"""The language of the catalogue's own texts, which pages in another language have to name."""

from __future__ import annotations

from collections import Counter
from weakref import WeakKeyDictionary

import numpy as np

from app.recommend.recommender import Recommender
from app.storefront.shop.shop_settings import ShopSettings
from twinset.index.indexed_items import ItemTable
from twinset.languages import MultilingualTexts
from twinset.text.text_folding import plain

_LOOKED_AT = 40  # titles
# Titles hold brands and names, which are of no language: a smaller share than most may be enough.
_LEAST_SHARE = 0.5
_found: WeakKeyDictionary[ItemTable, str] = WeakKeyDictionary()


def texts_language(shop: ShopSettings, recommender: Recommender | None) -> str:
    """The code of the language that titles and values are in; empty if nobody knows.

    The shop's settings say it, or else the titles do, if the encoder can tell languages apart.
    They are looked at once for each version.
    """
    if shop.catalogue_language is not None:
        return shop.catalogue_language
    languages = getattr(recommender and recommender.encoder, "languages", None)
    if recommender is None or not isinstance(languages, MultilingualTexts):
        return ""
    table = recommender.version.items.layers.base
    if table not in _found:
        _found[table] = _language_of_titles(table, languages)
    return _found[table]


def _language_of_titles(table: ItemTable, languages: MultilingualTexts) -> str:
    """The language that at least half of some titles are in; empty if they are in no one."""
    if "title" not in table.table.column_names or not table.table.num_rows:
        return ""
    rows = np.unique(np.linspace(0, table.table.num_rows - 1, _LOOKED_AT).astype(np.int64))
    titles = [str(title) for title in table.table["title"].take(rows).to_pylist() if title]
    codes = Counter(languages.find(plain(title)).code for title in titles)
    code, count = codes.most_common(1)[0] if codes else ("", 0)
    return code if count >= _LEAST_SHARE * len(titles) else ""
