"""Lines of totals, which spreadsheets and reports have below their products."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_WORDS = (
    r"(grand |sub[ -]?|sous-)?totals?|(grand |sous-)?totaux|totale|totaal|summe|gesamt(summe)?|sum|"
    r"suma|celkem|razem|toplam|yhteensä|összesen|i alt|summa|итого|всего|合計|总计|總計|합계"
)
_COUNTED = (
    r"[\d.,]+ ?(products?|items?|articles?|rows?|records?|lines?|produkte?|artikel|zeilen|"
    r"produits?|lignes?|prodotti|articoli|productos|artículos)"
)
_LONGEST = 60  # characters of a cell; a longer one says more than a total
_SAYS_TOTAL = re.compile(
    rf"({_WORDS})( (général|generale|general|products?|items?|stock|articles?))?[ :=]*[\d.,]*",
    re.IGNORECASE,
)
_MAY_STAND_BELOW = re.compile(
    rf"{_SAYS_TOTAL.pattern}|{_COUNTED}|[^\w]*|[^A-Za-z]*\d[\d.,\s'%-]*([A-Z]{{3}}|zł|kr|kč|ft)?",
    re.IGNORECASE,
)


def is_total(item_id: Any, title: Any, values: Iterable[Any]) -> bool:
    """True if a row says `Total` in place of an id, or of a title if it has no id, and nothing
    beside it but numbers: a product of that name has words, an address or a picture too."""
    said = next((str(one).strip() for one in (item_id, title) if one not in (None, "")), "")
    if len(said) > _LONGEST or not _SAYS_TOTAL.fullmatch(said):
        return False
    return all(
        isinstance(value, (int, float))
        or (len(value) <= _LONGEST and _MAY_STAND_BELOW.fullmatch(value.strip()))
        if isinstance(value, (int, float, str))
        else not value
        for value in values
    )
