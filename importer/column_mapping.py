"""Which source column fills which catalogue column, and which columns stay private."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from importer.column_stems import column_for, is_further_picture, is_picture, names_currency
from twinset.catalogue import FIXED_COLUMNS, FURTHER_IMAGES
from twinset.errors import CatalogueError

# Compared without case and punctuation; an earlier name wins, the others become attributes.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "id": (
        "id", "itemid", "shopsku", "productid", "articleid", "articlenumber", "artikelnummer",
        "artikelnr",
        "retailerid", "offerid", "sku", "productcode", "itemnumber", "itemcode", "reference",
        "référence", "referencia", "codice", "merchantproductid",
        "awproductid", "uid", "skuid", "handle", "ean", "gtin",
    ),
    "title": (
        "title", "productdisplayname", "name", "productname", "producttitle", "displayname",
        "itemname", "prodname", "articlename", "artikelname", "bezeichnung", "produktname",
        "titel", "titre", "nom", "nombre", "titolo", "nome", "naam", "nazwa", "label",
    ),
    "description": (
        "description", "productdescription", "longdescription", "detaildesc", "desc", "bodyhtml",
        "body", "beschreibung", "descripción", "descripcion", "descrizione", "omschrijving",
        "opis", "details", "shortdescription",
    ),
    "group_id": (
        "groupid", "itemgroupid", "parentid", "parentsku", "styleid", "stylecode", "modelid",
        "parentproductid", "masterid", "abstractsku", "variantgroupcode",
    ),
    "price": (
        "price", "currentprice", "regularprice", "retailprice", "unitprice", "listprice",
        "sellingprice", "pricewithvat", "pricevat", "searchprice", "amount",
        "preis", "prix", "precio", "prezzo", "prijs", "cena", "preço",
        "verkaufspreis", "bruttopreis",
    ),
    "sale_price": (
        "saleprice", "specialprice", "discountprice", "discountedprice", "offerprice",
        "promoprice", "angebotspreis", "aktionspreis", "finalprice",
    ),
    "sale_start": (
        "discountstartdate", "salestartdate", "salepricestartdate", "salefrom", "specialpricefrom",
    ),
    "sale_end": ("discountenddate", "saleenddate", "salepriceenddate", "saleto", "specialpriceto"),
    "available": (
        "available", "instock", "isavailable", "isinstock", "availability", "stockstatus", "stock",
        "quantity", "qty", "inventory", "inventoryquantity", "stockquantity", "verfügbarkeit",
        "verfuegbarkeit", "verfügbar", "lagerbestand", "bestand", "disponibilité",
        "disponibilidad", "disponibilità", "beschikbaarheid", "dostępność",
    ),
    "image": ("image", "imagebytes", "imagedata", "imagebase64"),
    "image_path": (
        "imagepath", "imagelink", "imageurl", "imageurls", "imagesrc", "images", "imagefile",
        "imagefilename", "mainimage", "mainimageurl", "merchantimageurl", "largeimage", "imgsmain",
        "baseimage", "primaryimage", "filename",
        "picture", "pictures", "pictureurl", "photo", "photos", "photourl", "thumbnail", "bild",
        "bilder", "bildurl", "bildlink", "bildpfad", "urlimage", "imagen", "immagine", "afbeelding",
        "img", "imgurl", "featuredimage", "imagesimage", "imagesurl", "imagesimageurl", "imagessrc",
        "picturespicture", "mediaurl", "imagesrcurl", "zdjęcie", "zdjecie", "foto", "fotos",
        "photographie", "urlimagen", "image1", "imageurl1", "imagelink1", "imagesrc1", "picture1",
        "pictureurl1", "photo1", "photourl1", "img1", "bild1", "foto1",
    ),
    "link": (
        "link", "url", "producturl", "productlink", "permalink", "deeplink", "href", "pageurl",
        "canonicalurl", "canonicallink", "onlinestoreurl", "merchantdeeplink", "awdeeplink",
        "urlproduit", "produkturl", "lien",
    ),
}  # fmt: skip
CATEGORY_NAMES = (
    "articletype", "category", "producttype", "productcategory", "subcategory", "kategorie",
    "warengruppe", "produkttyp", "categorytext", "merchantcategory", "categorypath", "categoryname",
    "cat", "catégorie", "categoría", "categoria", "type", "kind",
)  # fmt: skip
# Columns that name every category of a product; the kind is told from them, and they stay a list.
PLURAL_NAMES = (
    "categories", "productcategories", "categorynames", "kategorien", "catégories", "categorías",
    "categorie", "categorieën", "kategorier", "kategorie", "kategoriler",
)  # fmt: skip
CURRENCY_NAMES = frozenset(
    ["currency", "currencycode", "pricecurrency", "pricecurrencycode", "währung", "waehrung",
     "devise", "moneda", "valuta", "waluta"]
)  # fmt: skip
COLOUR_NAMES = (
    "basecolour", "basecolor", "colour", "color", "colorname", "colourname", "farbe", "couleur",
    "colore", "kleur", "cor", "kolor", "farve", "färg", "farge", "väri", "barva", "farba",
    "culoare", "szín", "renk",
    "색상", "컬러", "颜色", "顏色", "цвет", "χρώμα", "色", "カラー", "boja",
    "اللون", "لون", "צבע", "رنگ", "колір", "màusắc", "màu", "สี", "warna", "värv",
)  # fmt: skip
GENDER_NAMES = ("gender",)
# What a shop would not want to see in public, and what no shopper filters by.
_PRIVATE = re.compile(
    r"^supplyprice|internal(note|comment|remark|ref)|(note|comment|remark)s?internal|staffnote|"
    r"cost(s|ofgoods(sold)?|perunit|peritem|price)?$|^cost|wholesale|margin|markup|profit|"
    r"supplier|vendorcode|purchaseprice|buyingprice|einkauf|^ek$|^ek(netto|brutto|preis)|lieferant|handelsspanne|"
    r"rohertrag|"
    r"achat|zakup|nákup|nakup|costo$|coste$|custo$|kostpri[js]s?|kostpreis|indkøbspris|ostohinta|"
    r"beszerzési|maliyet|alışfiyat|alisfiyat|toptan|تكلفة|سعرالشراء|سعرالجملة|עלות|מחירקני|סיטונ|"
    r"закупівел|собівартіс|achizi|ต้นทุน|hargabeli|hargamodal|hargapokok|giánhập|ostohinta|"
    r"τιμήαγορ|κόστο|χονδρικ|قیمتخرید|"
    r"仕入|원가|매입|成本|进价|進價|себестоимость|"
    r"preciode(compra|coste)|prezzodiacquisto|inkoop|inköpspris|innkjøpspris|preçodecompra|"
    r"hurtow|fournisseur|proveedor|fornitore|fornecedor|leverancier|leverantör|dostawca|marge$|marża|"
    r"download\d*|^seo|^meta(title|description|keywords?)|policy$|tracking|tracker|"
    r"^internal|^private|^secret|password|fulfillment|hscode|taxcode|taxclass"
)
# Further pictures of a product: `additional_image_link`, `gallery`, `image_2`, `weitere_bilder`.
_FURTHER = re.compile(
    r"^(additional|further|more|extra|other|alternat(e|ive)|secondary|gallery|weitere|zusatz|autres?"
    r"|altre|otras?)(product)?(image|img|picture|photo|bild|foto|media)"
    r"|^imgsi$|^(product|image|media|photo)?gallery(images?|urls?|images?urls?)?$"
    r"|^(image|img|picture|photo|bild|foto)s?(url|link|src)?([2-9]|1[0-9])(url|link|src)?$"
)
_LOOKS_LIKE = {
    "picture": re.compile(r"pic|img|image|photo|bild|foto|thumb"),
    "price": re.compile(r"price|preis|prix|prec|prezz|amount|cost|cena"),
}


@dataclass(frozen=True)
class Choices:
    """What the user says of columns.

    `mapping` is catalogue column -> source column and comes before the usual names; `category` is
    the source column that is the kind. `keep` are private columns to publish all the same, `drop`
    columns to leave out, and `only`, if there are any, the attributes to take.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    category: str | None = None
    keep: Collection[str] = ()
    drop: Collection[str] = ()
    only: Collection[str] = ()

    @property
    def named(self) -> list[str]:
        """Every source column that the choices name."""
        names = [*self.mapping.values(), *self.keep, *self.drop, *self.only]
        return [*names, *([self.category] if self.category else [])]


@dataclass(frozen=True)
class ColumnMap:
    """Source columns by what they fill: catalogue column -> source column.

    `category`, `colour` and `gender` are names of attributes, or None. `private` columns stay out,
    `further` ones name further pictures, `spare` ones a picture of products without any other.
    """

    fixed: Mapping[str, str]
    attributes: Mapping[str, str]
    category: str | None
    colour: str | None
    gender: str | None
    private: Sequence[str] = ()
    further: Sequence[str] = ()
    spare: Sequence[str] = ()

    @property
    def image_sources(self) -> frozenset[str]:
        """Source columns that hold image bytes; too large for the first pass."""
        return frozenset({self.fixed["image"]} if "image" in self.fixed else ())

    def look_alikes(self, what: str) -> list[str]:
        """Columns that may be the picture or the price and were not taken as such."""
        taken = {*self.fixed.values(), *self.further}
        columns = [*self.attributes.values(), *self.private]
        return [c for c in columns if c not in taken and _LOOKS_LIKE[what].search(c.casefold())]


def map_columns(columns: Sequence[str], choices: Choices, empty: Collection[str] = ()) -> ColumnMap:
    """Decide what each of the source's columns fills; one in `empty` only if no other does.

    Raises:
        CatalogueError: if a choice names a column that the source lacks, no column fits `id`, or
            neither a title nor an image is there.
    """
    for source in choices.named:
        if source not in columns:
            raise CatalogueError(f"no column {source!r}; there are: {', '.join(columns)}")
    known = {*SYNONYMS, *FIXED_COLUMNS}
    fixed = {name: source for name, source in choices.mapping.items() if name in known}
    for name, names in SYNONYMS.items():
        taken = {*fixed.values(), *choices.mapping.values(), choices.category}
        free = [c for c in columns if c not in taken]
        found = first_named([c for c in free if c not in empty], names) or first_named(free, names)
        if found is not None:
            fixed.setdefault(name, found)
    _add_by_words(fixed, columns, choices)
    _check_fixed(fixed, columns)
    further = _further(columns, fixed, choices)
    private = _private([c for c in columns if c not in further], fixed, choices)
    chosen = {*fixed.values(), *choices.named, *private, *further}
    has_picture = {"image", "image_path"} & set(fixed)
    spare = [c for c in columns if c not in chosen and is_picture(c)] if has_picture else []
    public = [column for column in columns if column not in {*private, *further, *spare}]
    attributes = _name_attributes(public, fixed, choices.mapping)
    return ColumnMap(
        fixed,
        attributes,
        category=_add_category(attributes, choices.category),
        colour=first_named(list(attributes), COLOUR_NAMES),
        gender=first_named(list(attributes), GENDER_NAMES),
        private=private,
        further=further,
        spare=spare,
    )


def _add_by_words(fixed: dict[str, str], columns: Sequence[str], choices: Choices) -> None:
    """Fill what no usual name fills by the words in the columns' names."""
    has_picture = {"image", "image_path"} & set(fixed)
    for name in SYNONYMS:
        if name in fixed or (name == "image_path" and has_picture):
            continue
        taken = {*fixed.values(), *choices.named}
        found = column_for(name, [c for c in columns if c not in taken and not is_private(c)])
        if found is not None:
            fixed[name] = found


def has_products(columns: Sequence[str], mapping: Mapping[str, str]) -> bool:
    """True if a file with these columns holds products: it has an id and a title column."""
    return all(
        mapping.get(name) in columns
        or first_named(columns, SYNONYMS[name]) is not None
        or column_for(name, columns) is not None
        for name in ("id", "title")
    )


def first_named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column that bears the earliest of `names`, compared without case and punctuation."""
    plain = {re.sub(r"[\W_]+", "", column).casefold(): column for column in reversed(columns)}
    return next((plain[name] for name in names if name in plain), None)


def is_private(column: str) -> bool:
    """True for a column that a shop would not want to see in public."""
    return _PRIVATE.search(re.sub(r"[\W_]+", "", column).casefold()) is not None


def _further(columns: Sequence[str], fixed: Mapping[str, str], choices: Choices) -> list[str]:
    """Columns of further pictures: what the user says, else those with usual names."""
    if FURTHER_IMAGES in fixed:
        return [fixed[FURTHER_IMAGES]]
    chosen = {*fixed.values(), *choices.named}
    plain = {c: re.sub(r"[\W_]+", "", c).casefold() for c in columns if c not in chosen}
    return [c for c, name in plain.items() if _FURTHER.match(name) or is_further_picture(c)]


def _private(columns: Sequence[str], fixed: Mapping[str, str], choices: Choices) -> list[str]:
    chosen = {*fixed.values(), *choices.mapping.values(), *choices.keep, choices.category}
    left_out = {column for column in columns if column in choices.drop}
    if choices.only:
        left_out |= {c for c in columns if c not in {*choices.only, *chosen}}
    left_out |= {c for c in columns if c not in {*chosen, *choices.only} and is_private(c)}
    return [column for column in columns if column in left_out]


def _check_fixed(fixed: Mapping[str, str], columns: Sequence[str]) -> None:
    there = f"there are: {', '.join(columns)}"
    if "id" not in fixed:
        raise CatalogueError(f"no column for the id; name one with --map id=COLUMN; {there}")
    if not {"title", "image", "image_path"} & set(fixed):
        raise CatalogueError(f"no column for the title or the image; {there}")


def _name_attributes(
    columns: Sequence[str], fixed: Mapping[str, str], mapping: Mapping[str, str]
) -> dict[str, str]:
    """Names that a filter can spell (letters, digits, underscores) for all other columns."""
    renamed = {source: name for name, source in mapping.items()}
    attributes: dict[str, str] = {}
    for source in columns:
        if source in fixed.values():
            continue
        plain = re.sub(r"[\W_]+", "", source).casefold()
        is_currency = plain in CURRENCY_NAMES or names_currency(source)
        own = "currency" if is_currency and "price" in fixed else source
        name = re.sub(r"\W+", "_", renamed.get(source, own)).strip("_")
        if not name:
            continue  # the unnamed row number that spreadsheets and pandas write
        if name[0].isdigit():
            name = f"_{name}"
        if name in FIXED_COLUMNS:
            name = f"source_{name}"  # another column was mapped to the name
        free, number = name, 1
        while free in attributes:
            number += 1
            free = f"{name}_{number}"
        attributes[free] = source
    return attributes


def _add_category(attributes: dict[str, str], chosen: str | None) -> str | None:
    """The attribute that is the kind; a column of several categories gets one of its own."""
    sources = list(attributes.values())
    source = chosen or first_named(sources, CATEGORY_NAMES) or column_for("category", sources)
    if source is None and (several := first_named(sources, PLURAL_NAMES)) is not None:
        attributes["category"] = several
        return "category"
    return next((name for name, column in attributes.items() if column == source), None)
