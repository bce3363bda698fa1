"""Queries in other languages, answered by a service with the encoder that ships."""

import httpx
import pytest

from tests.support.running_service import running_service
from twinset.encoders import load_encoder

SHOES = {"Shoes", "Sandal", "Flip Flops"}
QUERIES = [
    ("schwarze Schuhe", "de", SHOES),
    ("chaussures noires", "fr", SHOES),
    ("zapatos negros", "es", SHOES),
    ("scarpe nere", "it", SHOES),
    ("zwarte schoenen", "nl", SHOES),
    ("czarne buty", "pl", SHOES),
    ("sapatos pretos", "pt", SHOES),
    ("чёрные туфли", "ru", SHOES),
    ("黑色鞋子", "zh", SHOES),
    ("黒い靴", "ja", SHOES),
    ("검은 신발", "ko", SHOES),
    ("Armbanduhr", "de", {"Watches"}),
    ("lunettes de soleil", "fr", {"Eyewear"}),
    ("reloj de pulsera", "es", {"Watches"}),
    ("солнцезащитные очки", "ru", {"Eyewear"}),
    ("腰带", "zh", {"Belts"}),
]


@pytest.fixture(scope="module")
def client(compact, sample_shop):
    with running_service(compact, sample_shop[0]) as (client, _):
        yield client


def ask(client, query, **more):
    response = client.post("/recommend/by-text", json={"query": query, "limit": 5, **more})
    assert response.status_code == httpx.codes.OK, response.text
    return response.json()


@pytest.mark.parametrize(("query", "code", "kinds"), QUERIES)
def test_other_languages_find_what_they_ask_for(client, query, code, kinds):
    answer = ask(client, query)
    language = answer["understood"]["language"]
    assert (language["code"], language["spoken"]) == (code, True)
    assert 0 < language["confidence"] <= 1
    found = [hit["item"]["subCategory"] for hit in answer["items"]]
    assert sum(kind in kinds for kind in found[:3]) >= 2, found


@pytest.mark.parametrize(
    ("query", "english", "kinds"),
    [
        ("काले जूते", "black shoes", SHOES),
        ("महिलाओं की घड़ी", "women watch", {"Watches"}),
        ("चमड़े की बेल्ट", "leather belt", {"Belts"}),
    ],
)
def test_a_language_of_a_dictionary_alone_is_answered_as_english_is(client, query, english, kinds):
    answer = ask(client, query)
    language = {"code": "hi", "confidence": 1.0, "spoken": False, "translated": english}
    assert answer["understood"]["language"] == language
    assert {hit["item"]["subCategory"] for hit in answer["items"][:3]} <= kinds


@pytest.mark.parametrize(("query", "code"), [("μαύρα παπούτσια", "el"), ("נעליים שחורות", "he")])
def test_a_language_that_nothing_here_reads_is_named(client, query, code):
    answer = ask(client, query)
    assert answer["understood"]["language"] == {"code": code, "confidence": 1.0, "spoken": False}
    assert len(answer["items"]) == 5


@pytest.mark.parametrize(
    "query",
    [
        *("black shoes", "top", "rose", "jeans", "blak shoes", "snekers", "S0001", "👗", "42"),
        *("Ecco black shoes", "Zara men jacket", "Veldmoor women tote bag"),
    ],
)
def test_english_says_nothing_of_languages(client, query):
    assert "language" not in ask(client, query).get("understood", {})


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("Schuhe nicht schwarz", 'NOT colour IN ["Black"'),
        ("chaussures sauf noires", 'NOT colour IN ["Black"'),
        ("黒以外の靴", 'NOT colour IN ["Black"'),
        ("vestidos hasta 60 euros", "price <= 60"),
        ("обувь дешевле 60", "price < 60"),
    ],
)
def test_what_is_not_wanted_is_left_out_in_any_language(client, query, condition):
    understood = ask(client, query)["understood"]
    filters = [one["filter"] for one in (*understood["unwanted"], *understood["filtered"])]
    assert len(filters) == 1, understood
    assert filters[0].replace("baseColour", "colour").startswith(condition)


def test_a_language_can_be_switched_off(client):
    answer = ask(client, "schwarze Schuhe", understand=["-language"])
    assert "language" not in answer.get("understood", {})


def test_words_of_no_dictionary_are_read_by_meaning(client):
    understood = ask(client, "rotes Dirndl")["understood"]
    assert understood["language"]["translated"] == "red Dirndl"
    assert understood["preferred"][0]["part"] == "colour"


def test_a_given_language_is_believed(client):
    assert ask(client, "top", lang="de-AT")["understood"]["language"]["code"] == "de"
    german = ask(client, "schwarze Schuhe", lang="en")
    assert "language" not in german.get("understood", {})
    assert ask(client, "schwarze Schuhe", lang="")["understood"]["language"]["code"] == "de"


def test_words_of_other_languages_are_not_corrected_into_english(client):
    understood = ask(client, "rote Hose", lang="de")["understood"]
    assert understood["corrected"] == understood["synonyms"] == []
    assert understood["language"]["translated"] == "red trousers"
    assert understood["preferred"][0]["words"] == "rote"


@pytest.mark.parametrize("lang", ["german!", "d", 7, "x" * 40, "de--AT"])
def test_a_language_that_is_no_tag_is_refused(client, lang):
    answer = client.post("/recommend/by-text", json={"query": "top", "lang": lang})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert answer.json()["code"] == "invalid_request"


@pytest.mark.parametrize("query", ["ä" * 512, "黑" * 512, "👗 schwarz 黑色 नीला", "größe\u200d 42"])
def test_odd_texts_are_answered(client, query):
    assert len(ask(client, query)["items"]) == 5


def test_signals_of_a_blend_are_read_the_same_way(client):
    body = {"positive": [{"text": "schwarze Schuhe"}], "limit": 3}
    answer = client.post("/recommend", json=body).json()
    assert {hit["item"]["subCategory"] for hit in answer["items"]} & SHOES


def test_common_words_are_known_but_not_those_that_it_cannot_read(compact):
    encoder = load_encoder(compact, "cpu")
    known = [encoder.knows_word(word) for word in ("red", "sneakers", "xyzzyq", "स्पाइडरमैन")]
    assert known == [True, True, False, False]
