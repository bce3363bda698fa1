"""Queries in other languages, read in English by the dictionary."""

import csv
from importlib.resources import files

import pytest

from tests.twinset.words.query.conftest import SHOP, words_of_shop
from twinset.languages.language import ENGLISH, Language
from twinset.words.query.parts import Switches
from twinset.words.query.reader import Reader
from twinset.words.query.spelling import Spelling
from twinset.words.translation.dictionary import dictionary_of, languages_translated
from twinset.words.translation.foreign_reader import read_foreign
from twinset.words.translation.foreign_tokens import foreign_tokens
from twinset.words.translation.query_language import EnglishWords, language_by_words
from twinset.words.translation.translation import translate

READ = [
    ("de", "schwarze Schuhe unter 50 Euro", "black shoes under 50 euro"),
    ("de", "gruene T-Shirts fuer Damen 20-40€", "green t-shirt for women 20-40€"),
    ("de", "Lederjacke", "leather jacket"),
    ("de", "Herrenschuhe aus Wildleder", "men shoes of suede"),
    ("de", "schwarze Shcuhe", "black shoes"),
    ("fr", "boucles d'oreilles dorées", "earrings gold"),
    ("fr", "robe bleus", "dress blue"),
    ("es", "zapatos que no sean negros", "shoes not black"),
    ("it", "SCARPE NERE", "shoes black"),
    ("nl", "zomerjurk zonder mouwen", "summer dress sleeveless"),
    ("pl", "zolta sukienka do 100 zł", "yellow dress up to 100 zloty"),
    ("es", "vestidos que no cuesten más de 50 euros", "dress not cost over 50 euro"),
    ("fr", "robe qui ne coûte pas plus de 50 euros", "dress cost up to 50 euro"),
    ("it", "abito che non costi più di 50 euro", "dress not cost over 50 euro"),
    ("pl", "sukienka nie droższa niż 50 zł", "dress not over 50 zloty"),
    ("nl", "jurk niet duurder dan 50 euro", "dress not over 50 euro"),
    ("pt", "vestido não mais caro que 50 euros", "dress not over 50 euro"),
    ("fr", "plus court", "shorter"),
    ("fr", "plus élégant", "more elegant"),
    ("es", "más largas", "longer"),
    ("it", "più scuro", "darker"),
    ("nl", "korter", "shorter"),
    ("pl", "krótsza sukienka", "shorter dress"),
    ("de", "heller", "lighter"),
    ("pt", "mais curto", "shorter"),
    ("pt", "vestidos vermelhos até 50 euros", "dress red up to 50 euro"),
    ("ru", "krasnoe plate", "red dress"),
    ("ru", "черные туфли для женщин", "black shoes for women"),
    ("zh", "500元以下的连衣裙", "up to 500 dress"),
    ("zh", "黑色的男鞋", "black men shoes"),
    ("ja", "黒以外の靴", "except black shoes"),
    ("ja", "メンズの赤いスニーカー", "men red sneakers"),
    ("hi", "काले जूते", "black shoes"),
    ("hi", "लाल साड़ियाँ", "red saree"),
    ("hi", "पुरुषों के लिए नीली शर्ट", "for men blue shirt"),
    ("hi", "महिलाओं की घड़ी 2000 से कम", "women watch under 2000"),
    ("hi", "बिना बाजू की पोशाक", "sleeveless dress"),
    ("hi", "चमड़े के बिना जूते", "without leather shoes"),
    ("hi", "जूते जो काले न हों", "shoes not black"),
    ("hi", "काले रंग को छोड़कर टी-शर्ट", "except black t-shirt"),
    ("hi", "१००० से २००० रुपये के बीच जीन्स", "between 1000 and 2000 rupees jeans"),
    ("hi", "₹500-₹1000 के बीच कुर्ता", "between ₹500 and ₹1000 kurta"),
    ("hi", "रु. 1500 तक का बैग", "up to ₹1500 bag"),
    ("hi", "2 हज़ार रुपए से सस्ते सेंडल", "under 2k rupees sandals"),
    ("hi", "1,50,000 से ज्यादा नहीं", "up to 150000"),
    ("hi", "मुझे साइज़ ४२ की सफ़ेद शर्ट चाहिये", "size 42 white shirt"),
    ("hi", "साडी स्टॉक में", "saree in stock"),
    ("hi", "हुड वाली जॅकेट", "hood jacket"),
    ("hi", "काला स्नीकस", "black sneakers"),
    ("hi", "500 रुपये में ढीली टीशर्ट", "up to 500 rupees loose t-shirt"),
    ("de", "Nike Air 90 rot, 501", "Nike Air 90 red , 501"),
]


@pytest.mark.parametrize(("code", "typed", "english"), READ)
def test_a_query_is_read_word_for_word(code: str, typed: str, english: str) -> None:
    assert translate(typed, dictionary_of(code), frozenset({"nike"}).__contains__).text == english


def test_words_of_no_dictionary_stay_as_they_were_typed() -> None:
    said = translate("rotes Dirndl, Gr-X", dictionary_of("de"))
    assert said.text == "red Dirndl , Gr-X"
    assert said.unread == ("Dirndl", "Gr-X")
    assert not translate("검은 신발", dictionary_of("ko")).says_something


def test_signs_inside_of_unknown_words_of_japanese_are_no_particles() -> None:
    assert translate("かわいいスカート", dictionary_of("ja")).unread == ("かわいい",)


@pytest.mark.parametrize(("code", "typed", "_"), READ)
def test_every_piece_knows_where_it_was_typed(code: str, typed: str, _: str) -> None:
    said, place = translate(typed, dictionary_of(code)), 0
    for piece in said.pieces:
        assert said.text[place : place + len(piece.text)] == piece.text
        assert said.typed_words(place, place + len(piece.text)) == typed[piece.start : piece.end]
        place += len(piece.text) + 1


def test_parts_name_the_words_as_typed() -> None:
    reader = Reader(words_of_shop(SHOP, "category"))
    german = Language("de", 0.9, spoken=True)
    found = read_foreign(reader, "rote Schuhe unter 50 Euro, kein Leder", german, Switches())
    said = {(part.name, part.words) for part in found.parts}
    assert said == {
        ("colour", "rote"),
        ("kind", "Schuhe"),
        ("price", "unter 50 Euro"),
        ("negation", "kein Leder"),
    }
    assert (found.in_english, found.words) == (True, "red shoes")


def test_a_catalogue_of_the_same_language_is_asked_in_it() -> None:
    shop = {**SHOP, "category": ["Schuhe", "Kleider", "Hosen", "Hemden", "Röcke", "Gürtel"]}
    reader = Reader(words_of_shop(shop, "category"))
    found = read_foreign(reader, "schicke Röcke", Language("de", 0.9, spoken=True), Switches())
    assert (found.words, found.in_english, found.translated) == ("schicke Röcke", False, None)
    assert [part.values for part in found.parts] == [("Röcke",)]


OWN_SHOPS = {
    "de": [("Schuhe", "Kleider"), ("Schwarz", "Rot"), ("Leder", "Wolle"), ("Herren", "Damen")],
    "fr": [("Chaussures", "Robes"), ("Noir", "Rouge"), ("Cuir", "Laine"), ("Homme", "Femme")],
    "es": [("Zapatos", "Vestidos"), ("Negro", "Rojo"), ("Cuero", "Lana"), ("Hombre", "Mujer")],
    "it": [("Scarpe", "Vestiti"), ("Nero", "Rosso"), ("Pelle", "Lana"), ("Uomo", "Donna")],
    "nl": [("Schoenen", "Jurken"), ("Zwart", "Rood"), ("Leer", "Wol"), ("Heren", "Dames")],
    "pl": [("Buty", "Sukienki"), ("Czarny", "Czerwony"), ("Skóra", "Wełna"), ("Męskie", "Damskie")],
    "pt": [("Sapatos", "Vestidos"), ("Preto", "Vermelho"), ("Couro", "Lã"), ("Homem", "Mulher")],
    "hi": [("जूते", "साड़ी"), ("काला", "लाल"), ("चमड़ा", "ऊन"), ("पुरुष", "महिला")],
}


def own_reader(code: str) -> Reader:
    kinds, colours, materials, genders = OWN_SHOPS[code]
    columns = {"category": kinds, "colour": colours, "material": materials, "gender": genders}
    more = {"sizes": [["38", "S"], ["40", "M"]], "price": [1.0, 2.0], "available": [True, False]}
    return Reader(words_of_shop({**columns, **more}, "category"))


@pytest.mark.parametrize(
    ("code", "query", "words", "preferred", "condition"),
    [
        ("fr", "chaussures sans cuir", "chaussures", ["Chaussures"], 'NOT material IN ["Cuir"]'),
        ("fr", "robes rouge moins de 50 euros", "robes rouge", ["Robes", "Rouge"], "price < 50"),
        ("fr", "robe noire, en stock", "robe noire", ["Robes", "Noir"], "available = true"),
        ("fr", "ni noire ni rouge", "", [], 'NOT colour IN ["Noir", "Rouge"]'),
        ("fr", "tout sauf la laine", "", [], 'NOT material IN ["Laine"]'),
        ("es", "zapatos sin cuero", "zapatos", ["Zapatos"], 'NOT material IN ["Cuero"]'),
        ("es", "zapatos que no sean negros", "zapatos", ["Zapatos"], 'NOT colour IN ["Negro"]'),
        ("es", "ni negro ni rojo", "", [], 'NOT colour IN ["Negro", "Rojo"]'),
        ("pl", "buty bez skóry", "buty", ["Buty"], 'NOT material IN ["Skóra"]'),
        ("pl", "czarne buty do 200 zł", "czarne buty", ["Czarny", "Buty"], "price <= 200"),
        ("pl", "ani czarne ani czerwone", "", [], 'NOT colour IN ["Czarny", "Czerwony"]'),
        ("de", "Schuhe außer Schwarz", "Schuhe", ["Schuhe"], 'NOT colour IN ["Schwarz"]'),
        ("de", "Schuhe Größe 38 Damen", "Schuhe Damen", ["Schuhe", "Damen"], 'sizes IN ["38"]'),
        (
            "de",
            "rote Kleider nicht über 50 Euro",
            "rote Kleider",
            ["Rot", "Kleider"],
            "price <= 50",
        ),
        ("de", "weder schwarz noch rot", "", [], 'NOT colour IN ["Schwarz", "Rot"]'),
        ("de", "Lederschuhe bis 80 Euro", "Lederschuhe", ["Leder", "Schuhe"], "price <= 80"),
        ("it", "scarpe senza pelle", "scarpe", ["Scarpe"], 'NOT material IN ["Pelle"]'),
        ("it", "né nero né rosso", "", [], 'NOT colour IN ["Nero", "Rosso"]'),
        ("nl", "schoenen zonder leer", "schoenen", ["Schoenen"], 'NOT material IN ["Leer"]'),
        ("nl", "noch zwart noch rood", "", [], 'NOT colour IN ["Zwart", "Rood"]'),
        ("pt", "sapatos sem couro", "sapatos", ["Sapatos"], 'NOT material IN ["Couro"]'),
        ("pt", "nem preto nem vermelho", "", [], 'NOT colour IN ["Preto", "Vermelho"]'),
        ("hi", "चमड़े के बिना जूते", "जूते", ["जूते"], 'NOT material IN ["चमड़ा"]'),
        ("hi", "लाल साड़ी ५०० रुपये से कम", "लाल साड़ी", ["लाल", "साड़ी"], "price < 500"),
    ],
)
def test_a_catalogue_of_the_same_language_obeys_prices_sizes_and_negations(
    code: str, query: str, words: str, preferred: list[str], condition: str
) -> None:
    found = read_foreign(own_reader(code), query, Language(code, 0.9, spoken=True), Switches())
    assert (found.words, found.filter, found.in_english) == (words, condition, False)
    named = [value for one in found.parts if not one.condition for value in one.values]
    assert named == preferred
    assert all(part.words in query for part in found.parts)


@pytest.mark.parametrize(
    ("code", "query"),
    [
        ("fr", "chaussures Nike sans cuir"),
        ("es", "zapatos Nike sin cuero"),
        ("de", "Nike Schuhe ohne Leder"),
        ("it", "scarpe Nike senza pelle"),
        ("nl", "Nike schoenen zonder leer"),
        ("pt", "sapatos Nike sem couro"),
    ],
)
def test_the_language_of_a_catalogue_stays_though_its_titles_have_all_words(
    code: str, query: str
) -> None:
    counts = dict.fromkeys(map(str.lower, query.split()), 9)
    sure, guess = (Language(code, one, spoken=True) for one in (0.95, 0.6))
    for shop, found, expected in (
        (own_reader(code).words, sure, code),
        (own_reader(code).words, guess, "en"),
        (words_of_shop(SHOP, "category"), sure, "en"),
    ):
        english = EnglishWords(Reader(shop, spelling=Spelling(counts, ())))
        assert language_by_words(query, found, english).code == expected


@pytest.mark.parametrize("code", OWN_SHOPS)
def test_an_own_value_that_is_alone_stays_what_was_typed(code: str) -> None:
    for value in OWN_SHOPS[code][1]:
        found = read_foreign(own_reader(code), value, Language(code, 0.9, spoken=True), Switches())
        assert (found.words, [part.values for part in found.parts]) == (value, [(value,)])


@pytest.mark.parametrize(
    ("code", "query"),
    [
        ("de", "weder schwarz noch rot"),
        ("fr", "ni noire ni rouge"),
        ("es", "ni negro ni rojo"),
        ("it", "ne nero ne rosso"),
        ("nl", "noch zwart noch rood"),
        ("pl", "ani czarna ani czerwona"),
        ("pt", "nem preto nem vermelho"),
        ("ru", "ни черное ни красное"),
        ("hi", "न काला न लाल"),
    ],
)
def test_neither_of_two_values_is_wanted_in_any_language(code: str, query: str) -> None:
    reader = Reader(words_of_shop(SHOP, "category"))
    found = read_foreign(reader, query, Language(code, 0.9, spoken=True), Switches())
    assert found.filter == 'NOT colour IN ["Black", "Red"]'


def test_still_in_stock_is_in_stock() -> None:
    german = Language("de", 0.9, spoken=True)
    for reader in (own_reader("de"), Reader(words_of_shop(SHOP, "category"))):
        found = read_foreign(reader, "rote Schuhe noch lieferbar", german, Switches())
        assert found.filter == "available = true"


LETTERS = {
    "ja": Language("zh", 1.0, spoken=True),
    "hi": Language("hi", 1.0, spoken=False),
}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("robes noires", "fr"),
        ("pantalones cortos verdes", "es"),  # "pantaloni corti" is not what was typed
        ("red dresses", "en"),
        ("snekers", "en"),
        ("czarne belts", "pl"),
        ("黒い靴", "ja"),
        ("काले जूते", "hi"),
        ("black xyzzy", "en"),
    ],
)
def test_the_language_that_reads_every_word_is_named(query: str, code: str) -> None:
    english = EnglishWords(Reader(words_of_shop(SHOP, "category")))
    script = LETTERS.get(code, ENGLISH)
    assert language_by_words(query, script, english).code == code


@pytest.mark.parametrize(("confidence", "code"), [(0.1, "fr"), (0.6, "en")])
def test_a_phrase_of_words_that_titles_have_is_of_its_language_if_english_is_a_guess(
    confidence: float, code: str
) -> None:
    spelling = Spelling({"plus": 9, "court": 9, "noir": 9}, ())
    english = EnglishWords(Reader(words_of_shop(SHOP, "category"), spelling=spelling))
    guess = Language("en", confidence, spoken=True)
    assert language_by_words("plus court", guess, english).code == code
    assert language_by_words("court noir", guess, english).code == "en"
    assert language_by_words("court", guess, english).code == "en"


@pytest.mark.parametrize("code", languages_translated())
def test_each_dictionary_says_what_a_shop_of_fashion_needs(code: str) -> None:
    known = {dictionary_of(code).english(words) for words in _entries(code)}
    known = {(one or "").removeprefix("< ") for one in known}
    assert {"black", "shoes", "dress", "men", "leather", "without", "up to #", "euro"} <= known


def _entries(code: str) -> list[list[str]]:
    path = files("twinset.words.translation") / "dictionary.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    entries = [entry for row in rows for entry in row[code].split("/") if entry]
    return [[token.key for token in foreign_tokens(one)] for one in entries]
