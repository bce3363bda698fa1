"""True if a product can be bought, from the words and counts that feeds use."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from importer.column_stems import words_of
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
    متوفر متاح نعم במלאי זמין כן διαθέσιμο ναι σεαπόθεμα άμεσαδιαθέσιμο άμεσηπαραλαβή موجود بله
    mevcut evet stoktavar
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
    elfogyott غيرمتوفر غيرمتاح نفد نفدتالكمية نفدمنالمخزون لا אזל אזלמהמלאי לאבמלאי חסרבמלאי לא
    εξαντλημένο εξαντλήθηκε μηδιαθέσιμο όχι ناموجود نه stoktayok hayır
    在庫なし 売り切れ 品切れ 無し 無 품절 없음 售罄 缺货 无货 нетвналичии нет tükendi yok
"""
_WORDS = dict.fromkeys(_BUYABLE.casefold().split(), True) | dict.fromkeys(
    _SOLD_OUT.casefold().split(), False
)
_COUNT = re.compile(r"[+-]?\d+([.,]\d+)?")
# Phrases, by their words without case and accents: what says no, then what says yes.
_NO = re.compile(
    r"\b(not|out|sold|no (disponible|hay|esta)|unavailable|temporarily|discontinued|nicht|kein\w*|"
    r"ausverkauft|vergriffen|non|pas|plus (disponible|en stock)|epuise\w*|rupture|indispo\w*|sin|"
    r"agotad\w*|sem|esgotad\w*|esaurit\w*|ikke|ej|inte|slut\w*|udsolgt|utsolgt|ei|loppu\w*|niet|"
    r"uitverkocht|brak\w*|nie|niedostepn\w*|wyprzedan\w*|neni|nedostupn\w*|vyprodan\w*|nincs|"
    r"elfogyott|epuizat|vypredan\w*|немає|відсутн\w*|het hang|habis|หมด|"
    r"нет|закончил\w*|yok|tukendi|غير|نفد\w*|אזל|לא|εξαντλη\w*|μη|ناموجود)\b"
)
_YES = re.compile(
    r"stock|lager|lieferbar|lieferzeit|verfugbar|vorratig|\bdispo|availab|skladem|dostepn|"
    r"magazyn|stanie|saatavi|varasto|lever|voorraad|existencia|estoque|magazzino|giacenza|raktar|"
    r"keszlet|stokta|\bstoc\b|na sklade|наявн|con hang|tersedia|มีสินค้า|"
    r"\bships|\bin store|order|bestell|tage\b|\bdays?\b|в наличии|есть|заказ|"
    r"متوفر|מלאי|διαθεσιμ|αποθεμα|موجود"
)
# `10+`, `> 10`, `3 pcs`, `12 Stück`: a count, and what is counted.
_COUNTED = re.compile(
    r"[<>~≥≤]?\s*(\d+)\s*\+?\s*(szt|st(k|ck|ück|uks|ks?)?|pcs?|pieces?|pairs?|units?|items?|ks|db|шт|"
    r"left|available|pieces? left|pz|pezzi|uds?|unidades|adet)?\.?"
)


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
            return _read_phrase(value)
        value = float(value.replace(",", "."))
    return None if value is None else value > 0


@lru_cache(maxsize=4096)
def _read_phrase(text: str) -> bool:
    """What a phrase says, such as `derzeit nicht lieferbar` or `nur noch 2 auf Lager`.

    Raises:
        BadValue: if it says neither.
    """
    counted = _COUNTED.fullmatch(" ".join(text.casefold().split()))
    if counted is not None:
        return float(counted[1]) > 0
    words = words_of(text)
    if _NO.search(words):
        return False
    if _YES.search(words):
        return True
    raise BadValue("available is neither yes nor no")
