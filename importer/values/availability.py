"""True if a product can be bought, from the words and counts that feeds use."""

from __future__ import annotations

import re
from typing import Any

from importer.values.kinds import BadValue, clean

# Google, schema.org, WooCommerce, Magento, and plain words in the languages of many exports. What
# can be ordered now and comes later can be bought.
_BUYABLE = """
    true yes y on available instock limitedavailability onlineonly instoreonly preorder presale
    backorder onbackorder onorder madetoorder active enabled visible ja auflager lieferbar verfügbar
    sofortlieferbar vorrätig oui enstock disponible si sí disponibile tak dostępny opvoorraad
    nabestelling vorbestellbar availablefororder surcommande encommande disponibile disponível
    emestoque dostępna wmagazynie nazamówienie ilager pålager lagervara beställningsvara tilgængelig
    påvej varastossa saatavilla skladem naobjednávku raktáron estoc enexistencia enexistencias
    bajopedido suordinazione ordinabile opbestelling bestelbaar leverbaar
    kurzfristiglieferbar
    在庫あり 有り 有 有货 있음 판매중 있음 вналичии есть подзаказ stokta var
"""
_SOLD_OUT = """
    false no n off unavailable outofstock soldout discontinued inactive disabled nein ausverkauft
    nichtlieferbar nichtaufLager nichtverfügbar nichtvorrätig non épuisé rupturedestock agotado
    esaurito nondisponibile nie niedostępny uitverkocht nietopvoorraad notavailable
    soldouttemporarily
    temporarilyunavailable indisponible nondisponible rupture enrupture sinstock sinexistencias
    nodisponible esgotado indisponível semestoque terminato nonpresente niedostępna brak wyprzedany
    slut slutsåld ejilager ikkepålager udsolgt utsolgt loppu loppuunmyyty vyprodáno nenískladem
    elfogyott
    在庫なし 売り切れ 品切れ 無し 無 품절 없음 售罄 缺货 无货 нетвналичии нет tükendi yok
"""
_WORDS = dict.fromkeys(_BUYABLE.casefold().split(), True) | dict.fromkeys(
    _SOLD_OUT.casefold().split(), False
)
_COUNT = re.compile(r"[+-]?\d+([.,]\d+)?")


def read_available(value: Any) -> bool | None:
    """True if a value says that the product can be bought; None if it is blank.

    Takes yes and no in words, the values of schema.org also as addresses, and a count of stock,
    of which anything above zero is enough.

    Raises:
        BadValue: if it is none of these.
    """
    value = clean(value)
    if isinstance(value, str):
        word = re.sub(r"[\s_-]+", "", value.rpartition("/")[2].casefold())
        if word in _WORDS:
            return _WORDS[word]
        if not _COUNT.fullmatch(value):
            raise BadValue("available is neither yes nor no")
        value = float(value.replace(",", "."))
    return None if value is None else value > 0
