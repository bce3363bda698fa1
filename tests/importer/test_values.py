"""Single values as feeds write them."""

from pathlib import Path

import pytest
from PIL import Image

from importer import import_catalogue
from importer.values.availability import read_available
from importer.values.html_text import plain_text
from importer.values.kinds import BadValue
from importer.values.lists import ListJudge, split_list
from importer.values.prices import DecimalMark, read_price
from twinset.catalogue import Catalogue
from twinset.errors import CatalogueError


def column(*texts: str) -> DecimalMark:
    mark = DecimalMark()
    for text in texts:
        mark.add(text)
    return mark


@pytest.mark.parametrize(
    ("texts", "amounts"),
    [
        (("1.299", "29,90"), (1299.0, 29.9)),
        (("1.299", "29.90"), (1.299, 29.9)),
        (("1,299", "29.90"), (1299.0, 29.9)),
        (("1.299,00 \u20ac", "12,90 \u20ac"), (1299.0, 12.9)),
        (("CHF 1'299.00", "9.-"), (1299.0, 9.0)),
        (("1\u202f299,00", "15,00"), (1299.0, 15.0)),
        (("1.000.000", "5"), (1_000_000.0, 5.0)),
        (("US$12.00", "12"), (12.0, 12.0)),
        (("\u20b91,29,900.50",), (129900.5,)),
        (("19.9900", "34.0000"), (19.99, 34.0)),
    ],
)
def test_the_column_says_what_a_mark_means(texts, amounts):
    mark = column(*texts)
    assert tuple(read_price(text, mark).amount for text in texts) == pytest.approx(amounts)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("15.00 USD", "USD"), ("\u20ac 9", "EUR"), ("GBP 3.50", "GBP"), ("9.99", None),
     ("120 z\u0142", "PLN")],
)  # fmt: skip
def test_currencies(text, currency):
    assert read_price(text, DecimalMark()).currency == currency


def test_prices_of_other_types():
    mark = DecimalMark()
    assert read_price({"value": "12.50", "currency": "SEK"}, mark).currency == "SEK"
    assert read_price(7, mark).amount == 7.0
    assert read_price(" ", mark) is None
    for bad in ("on request", "-5", float("nan"), True, [True]):
        with pytest.raises(BadValue):
            read_price(bad, mark)


def test_a_column_that_stays_ambiguous_says_so():
    assert column("1.299", "2.499").is_ambiguous
    assert not column("1.299", "2.50").is_ambiguous
    assert DecimalMark(",").is_ambiguous is False


@pytest.mark.parametrize(
    ("text", "available"),
    [
        ("In Stock", True), ("https://schema.org/PreOrder", True), ("on backorder", True),
        ("http://schema.org/SoldOut", False), ("auf Lager", True), ("Nicht lieferbar", False),
        ("12", True), ("-1", False), ("0.0", False), ("", None), (None, None), (True, True),
        ("10+", True), ("> 10", True), ("0 szt.", False), ("5 Stück", True), ("3 pcs", True),
        ("nur noch 2 auf Lager", True), ("derzeit nicht lieferbar", False), ("Vergriffen", False),
        ("Sofort verfügbar, Lieferzeit 1-3 Tage", True), ("Only 3 left in stock", True),
        ("Currently not in stock", False), ("Plus que 2 en stock", True),
        ("N'est plus disponible", False),
        ("Non disponibile al momento", False), ("disponibile in 3 giorni", True),
        ("no hay existencias", False), ("Disponível no estoque", True), ("Slut i lager", False),
        ("brak w magazynie", False), ("dostępny od ręki", True), ("není skladem", False),
        ("skladem > 5 ks", True), ("нет в наличии", False), ("غير متوفر حاليا", False),
        ("נותר במלאי", True), ("Ei varastossa", False), ("niet leverbaar", False),
        ("Op voorraad bij leverancier", True), ("Stokta yok", False), ("Stokta var", True),
    ],
)  # fmt: skip
def test_stock(text, available):
    assert read_available(text) is available


def test_stock_in_unknown_words_is_bad():
    with pytest.raises(BadValue):
        read_available("soon")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Warm <b>wool</b>&nbsp;vest</p><ul><li>S&uuml;&szlig;</li></ul>",
         "Warm wool vest\nS\u00fc\u00df"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("3 < 4 and plain", "3 < 4 and plain"),
        ("<style>p{}</style><script>x()</script>Text", "Text"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("line<br/>break", "line\nbreak"),
    ],
)  # fmt: skip
def test_html_becomes_words(html, text):
    assert plain_text(html) == text


def judged(name, *values):
    judge = ListJudge(name)
    for value in values:
        judge.add(value)
    return judge.separator


def test_which_columns_are_lists():
    assert judged("Tags", "linen, summer", "wool") == ","
    assert judged("sizes", "S|M", "L") == "|"
    assert judged("anything", ["a", "b"], ["c"]) == ","
    assert judged("description", "Soft, warm, and light") is None
    assert judged("Tags", "summer", "wool") is None


def test_lists_are_taken_apart():
    assert split_list("linen, summer, linen,", ",") == ["linen", "summer"]
    assert split_list('["a", "b"]', ",") == ["a", "b"]
    assert split_list([" a ", None, "b"], ",") == ["a", "b"]
    assert split_list(" , ", ",") is None


def test_yes_and_no_in_words_of_several_languages(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("id,title,vegan,neu\n1,Hut,ja,y\n2,Rock,Nein,n\n")
    import_catalogue(tmp_path / "shop.csv", tmp_path / "out.parquet")
    rows = Catalogue(tmp_path / "out.parquet").rows()
    assert rows["vegan"].to_pylist() == [True, False]
    assert rows["neu"].to_pylist() == [True, False]


def test_several_files_by_a_pattern(tmp_path: Path) -> None:
    for number in (1, 2):
        rows = f"id,title,image_path\n{number},Hat {number},hat.png\n"
        (tmp_path / f"products_{number}.csv").write_text(rows)
    Image.new("RGB", (30, 30), "teal").save(tmp_path / "hat.png")
    report = import_catalogue(str(tmp_path / "products_*.csv"), tmp_path / "out.parquet")
    assert (report.accepted, report.pictures) == (2, 2)
    with pytest.raises(CatalogueError, match="not found"):
        import_catalogue(str(tmp_path / "nothing_*.csv"), tmp_path / "out.parquet")


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12,800円", 12800.0, "JPY"),
        ("¥1,299", 1299.0, "JPY"),
        ("12.990 Ft", 12990.0, "HUF"),
        ("R$ 1.199,90", 1199.9, "BRL"),
        ("US$1,299.00", 1299.0, "USD"),
        ("1 290,00 Kč", 1290.0, "CZK"),
    ],
)
def test_currencies_by_their_signs(text: str, amount: float, currency: str) -> None:
    price = read_price(text, column(text))
    assert price is not None
    assert (price.amount, price.currency) == (amount, currency)
    assert not column(text).is_ambiguous
