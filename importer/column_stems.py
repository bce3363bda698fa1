"""Columns by the words in their names, in many languages, if no usual name is there.

A name is compared as its words, without case and accents: `Zdjęcie główne` is `zdjecie glowne`,
`pricing.price` is `pricing price`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

_NUMBER = (
    r"(kodu|nr|no|num|nummer|number|numero|numer|kode|kod|koodi?|code|cod|codigo|codice|id|ref)"
)
_SHORT = r"(nr|kode|kod|code|cod|codigo|codice|ref)"
_THING = (
    r"(urun|art|artikel|article|articulo|articolo|artigo|artykul\w*|prod|product|produs|produk\w*|produit|producto|"
    r"prodotto|produto|item|vare|vara|tuote|toode|model|modell|style)"
)
_OF = r"(de |du |del |do |d |l )?"
_ID = re.compile(
    rf"{_THING} ?(s )?{_OF}{_NUMBER}|{_NUMBER} {_OF}{_THING}|{_SHORT}|sku( \w+)?|indeks|"
    rf"(reference|referencia)( {_THING})?|(商品|製品|品)(管理)?(番号|コード|id)|品番|"
    r"артикул|код товара|"
    r"(stok |model |barkod )?kodu|kimlik|"
    r"(ال)?معرف( المنتج)?|(رقم|رمز|كود) (ال)?(منتج|صنف|قطعة|موديل)|"
    r"מק ט|מקט|(קוד|מספר|מזהה) (ה)?(מוצר|פריט)|κωδικ(οσ|ο)( \w+)?|(شناسه|کد)( محصول| کالا)?|"
    r"object ?id|ma san pham|cikkszam|termekkod|kod|รหัส(สินค้า)?|"
    r"custom label( sku)?|(상품|제품)(코드|번호)|품번|(商品|产品)(编号|编码|id)|货号|款号|貨號"
)
_NAME = (
    r"(names?|naam|namn|navn|nazwa|nimi|nom|nome|nombre|titel|title|titre|titulo|titolo|tytul|"
    r"bezeichnung|designation|denominacion|denominazione|designacao|benamning)"
)
_TITLE = re.compile(
    rf"({_THING} ?{_OF})?{_NAME}( {_OF}({_THING}|en|us|gb|de|fr|es|it|nl|value|default|text))?|"
    r"(urun )?(adi|ismi|basligi)|isim|(ال)?(اسم|عنوان)( (ال)?(منتج|صنف))?|"
    r"(שם|כותרת)( (ה)?(מוצר|פריט))?|"
    r"(ονομα(σια)?|τιτλοσ)( \w+)?|(نام|عنوان)( محصول| کالا)?|"
    r"(nazev|nazov|denumire|nume)( \w+)?|nama( produk| barang)?|ten( san pham| hang)?|"
    r"termeknev|назва( товару)?|ชื่อ(สินค้า)?|"
    r"(商品|製品)名|название|наименование|nazev|nazov|urun adi|megnevezes|nev|"
    r"(상품|제품)명|(商品|产品)?(名称|标题|標題)|품명"
)
# `NL_Title_Short` is a title.
_OF_LANGUAGE = re.compile(r"^(nl|de|en|fr|es|it|pt|pl|sv|da|fi|us|uk) | (short|long|kurz|lang)$")
# `info.name.en` is a title, and `brand.name` none.
_IN_GENERAL = re.compile(
    r"^(infos?|information|details?|data|general|contents?|basics?|core|main|base|texts?|"
    r"locali[sz]ed|localizations?|translations?|i18n|fields|properties|common|stammdaten) "
)
_PRICE = re.compile(
    r"\b(price|preis|\w*preis|prix|precio|prezzo|prijs|\w*prijs|cena|preco|pris|hinta|\w*pris|fiyat\w*|kaina|hind|pricing|msrp|rrp|uvp|vk|evp)\b|"
    r"\w*hinta\b|\bpret\b|\bar( ft| huf)?$|\bharga\b|\bgia\b|ціна|ราคา|"
    r"سعر|الثمن|מחיר|τιμη|قیمت|"
    r"価格|値段|цена|판매가|가격|价格|售价|價格"
)
_NO_PRICE = re.compile(
    r"zakup|nakup|einkauf|achat|compra\b|acquist|inkoop|inkop|innkjop|purchas|buy|cost|wholesale|grossist|"
    r"hurt|supplier|currency|wahrung|waehrung|valuta|moneda|devise|waluta|\bid\b|margin|grund|unit|"
    r"per (kg|l|100)|仕入|원가|매입|进价|"
    r"range(?! (start|min\w*|low\w*)\b)|закуп|собівартіс|achizi|beszerz|\bosto|ต้นทุน|"
    r"harga (beli|modal|pokok)|gia nhap|type|date|valid|effective|from|until|"
    r"shipping|versand|"
    r"\balis|maliyet|toptan|para birimi|تكلف|شراء|جمل|عمل[ةه]|עלות|קני|סיטונ|מטבע|"
    r"αγορ|κοστ|χονδρ|νομισμ|خرید|\bارز"
)
_SALE = re.compile(
    r"sale|special|indirim|akcni|promo|discount|reduced|reduit|\boffer\b|oferta|rebaj|angebot|aktion|aanbieding|"
    r"akci|alennus|tarjous|diskon|khuyen mai|знижк|акці|พิเศษ|ลด|"
    r"kampanya|تخفيض|\b(ال)?عرض|خصم|מבצע|הנחה|εκπτωσ|προσφορ|تخفیف|حراج|"
    r"scontat|sconto|sold|remise|\brea\b|reapris|outlet|tilbud|kampanj|ofert|セール|акци"
)
_FORMER = re.compile(
    r"bez dph|exkl|excl|netto|\bnet\b|\buvp\b|hors taxe|\bht\b|ex vat|sin iva|ordinar|regul|list|"
    r"表示|定価|通常|msrp|rrp|\beski|piyasa|قديم|\bقبل|לפני|מקורי|αρχικ|παλι|"
    r"old|was|before|original|fore|tidligere|barre|antes|alt"
)
_AVAILABLE = re.compile(
    r"stock|\bstan\b|bestand|\blager\w*|voorraad|dispo|verfugbar|existencias|estoque|saldo|"
    r"\bstoc\b|saatavuus|ton kho|наявн|คงเหลือ|สต็อก|"
    r"مخزون|متوفر|(ال)?كمي[ةه]|التوفر|מלאי|זמינות|כמות|διαθεσιμ|αποθεμα|ποσοτητα|موجود|"
    r"availab|inventory|dostepn|beschikbaar|quantity|qty|"
    r"\b(ilosc|mnozstvi|mnozstvo|mennyiseg|adet|miktar|antal|antall|aantal|maara|quantidade|cantidad|"
    r"quantita|quantite|menge|количество|остаток)\b|在庫|재고|库存|庫存|наличие|varasto|beholdning|sklad|dostupn|\bstok\b|keszlet"
)
_IMAGE = re.compile(
    r"image|\bimg|\bpics?( urls?)?\b|"
    r"photo|\bfotos?\b|\bfoto\w*url|picture|\bbild\w*|imagen|immagin|afbeelding|zdjec|obraz|"
    r"kuva(?!us)|billede|imagem|画像|写真|이미지|사진|图片|圖片|主图|"
    r"imagin|gambar|hinh anh|รูป|ภาพ|"
    r"صور|תמונ|εικον|φωτογραφ|تصویر|تصاویر|عکس|fotograf|"
    r"фото|gorsel|resim|kep\b|\bmedia( url| src)?( \d+)?$|packshot"
)
_PICTURE = re.compile(r"(image|img|thumb(nail)?|picture|photo|bild)( (url|link|src|small|large))?$")
_NO_IMAGE = re.compile(
    r"\balt\b|title|titel|caption|width|height|type|\bdate|datum|count|anzahl|text|\bid\b"
)
_CURRENCY = re.compile(
    r"\b(currency|wahrung|waehrung|valuta|moneda|devise|waluta)( code)?$|^para birimi$|"
    r"^(ال)?عمل[ةه]$|^מטבע$|^νομισμα$|^ارز$"
)
_LINK = re.compile(
    r"(product|produkt|artikel|produit|item|urun)? ?"
    r"(url|link|linki|baglantisi|lien|lenke|lank|odkaz)|"
    r"lien( \w+){1,2}|enlace( \w+){0,2}|url (de |du |del |do )?\w+to|(ال)?رابط( (ال)?منتج)?|"
    r"קישור( \w+)?|συνδεσμοσ( \w+)?|لینک( محصول)?|ссылка( на товар)?"
)
_MORE = re.compile(
    r"addition|extra|further|dodatkow|zusatz|weitere|autres|supplement|adicional|aggiuntiv|secund|"
    r"\bdiger|إضافي|אחר|נוספ|επιπλεον|προσθετ|"
    r"\bback\b|\bside\b|detail|\brear\b|alternat|\bmore\b|gallery|galeri|flera|ekstra|\b([2-9]|1\d)$"
)
_DESCRIPTION = re.compile(
    r"descri|beschreib|\bopis\b|omschrijving|beskriv|説明|설명|描述|"
    r"\bpopis|leiras|deskrip|mo ta|\bопис|รายละเอียด|"
    r"وصف|תיאור|תאור|περιγραφ|توضیحات|aciklama|"
    r"kuvaus|описание|body html|long text"
)
_BRIEF = re.compile(
    r"short|kurz|court|\bcorta|brev|\bkort|krotk|kratk|lyhyt|rovid|\bkisa|מקוצר|קצר|قصير|مختصر|συντομ|кратк|کوتاه"
)
_CATEGORY = re.compile(
    r"categor(y|ie|ia)\b|kategori\w*\b|warengruppe|\brayon\b|departa?ment|department|afdeling|"
    r"product ?type|produkttyp|tipo de producto|type de produit|"
    r"tuoteryhma|danh muc|категорія|หมวด|ジャンル|"
    r"فئ[ةه]|تصنيف|قسم|קטגורי|κατηγορι|دسته|"
    r"カテゴリ|카테고리|分类|分類|类目|varugrupp|varegruppe|osasto|категория"
)
_NUMBERED = re.compile(r"\b(id|code|key)\b")  # of a category, which says nothing to shoppers


# Letters that are no others with an accent.
_LETTERS = str.maketrans({"\u0142": "l", "\u00f8": "o", "\u0131": "i", "\u0111": "d"})


@lru_cache(maxsize=4096)
def words_of(column: str) -> str:
    """The words of a column's name, parted by single spaces, without case and accents."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    folded = unicodedata.normalize("NFKD", split.casefold().translate(_LETTERS))
    # Accents of Latin and Cyrillic letters; a kana without its mark would be another.
    plain = "".join(one for one in folded if not "\u0300" <= one <= "\u036f")
    composed = unicodedata.normalize("NFKC", plain)
    # Vowels of Thai and others are marks on their consonants.
    kept = (
        one if one.isalnum() or unicodedata.category(one)[0] == "M" else " " for one in composed
    )
    return " ".join("".join(kept).split())


def column_for(field: str, columns: Sequence[str]) -> str | None:
    """The column whose words say that it holds a catalogue's field; None if none does."""
    find = _FINDERS.get(field)
    return None if find is None else find(columns)


def is_further_picture(column: str) -> bool:
    """True for a column that names further pictures of a product."""
    words = words_of(column)
    return bool(_IMAGE.search(words) and _MORE.search(words) and not _NO_IMAGE.search(words))


def is_picture(column: str) -> bool:
    """True for a column that names a picture by its address: `thumbnail.url`, `smallImage`."""
    words = words_of(column)
    return bool(_PICTURE.search(words)) and not _NO_IMAGE.search(words)


def names_currency(column: str) -> bool:
    """True for a column that names the currency of prices: `offers.priceCurrency`."""
    return _CURRENCY.search(words_of(column)) is not None


def _whole(form: re.Pattern[str]) -> Callable[[Sequence[str]], str | None]:
    def find(columns: Sequence[str]) -> str | None:
        return next((one for one in columns if form.fullmatch(words_of(one))), None)

    return find


def _title(columns: Sequence[str]) -> str | None:
    """English before other languages, if a name comes in several."""
    words = {one: _IN_GENERAL.sub("", words_of(one)) for one in columns}
    fitting = [one for one in columns if _TITLE.fullmatch(_OF_LANGUAGE.sub("", words[one]))]
    english = (one for one in fitting if words_of(one).endswith((" en", " us", " gb")))
    return next(english, fitting[0] if fitting else None)


def _description(columns: Sequence[str]) -> str | None:
    """As the title; the long text rather than a summary."""
    fitting = [one for one in columns if _DESCRIPTION.search(words_of(one))]
    rank = {
        one: (_BRIEF.search(words_of(one)) is not None, not words_of(one).endswith(" en"))
        for one in fitting
    }
    return min(fitting, key=lambda one: rank[one], default=None)


def _category(columns: Sequence[str]) -> str | None:
    words = {one: words_of(one) for one in columns}
    named = (c for c, w in words.items() if _CATEGORY.search(w) and not _NUMBERED.search(w))
    return next(named, None)


def _prices(columns: Sequence[str]) -> list[str]:
    words = {one: words_of(one) for one in columns}
    return [c for c, w in words.items() if _PRICE.search(w) and not _NO_PRICE.search(w)]


def _price(columns: Sequence[str]) -> str | None:
    """The present price, else a former one."""
    fitting = [one for one in _prices(columns) if not _SALE.search(words_of(one))]
    present = [one for one in fitting if not _FORMER.search(words_of(one))]
    return next(iter([*present, *fitting]), None)


def _sale_price(columns: Sequence[str]) -> str | None:
    return next((one for one in _prices(columns) if _SALE.search(words_of(one))), None)


def _image(columns: Sequence[str]) -> str | None:
    words = {one: words_of(one) for one in columns}
    return next(
        (
            c
            for c, w in words.items()
            if _IMAGE.search(w) and not (_NO_IMAGE.search(w) or _MORE.search(w))
        ),
        None,
    )


def _available(columns: Sequence[str]) -> str | None:
    """Stock, but for `Stok kodu`, the code by which it is kept."""
    no_codes = [
        one for one in columns if not _ID.fullmatch(words_of(one)) and "sku" not in words_of(one)
    ]
    return next((one for one in no_codes if _AVAILABLE.search(words_of(one))), None)


_FINDERS: dict[str, Callable[[Sequence[str]], str | None]] = {
    "id": _whole(_ID),
    "title": _title,
    "description": _description,
    "price": _price,
    "sale_price": _sale_price,
    "available": _available,
    "link": _whole(_LINK),
    "image_path": _image,
    "category": _category,
}
