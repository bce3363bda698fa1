"""Prices in words, and numbers that are no prices."""

import time

import pytest

from twinset.words.query.price_words import find_price

PRICES = {
    "dress under 50": "price < 50",
    "dress below $50": "price < 50",
    "shoes less than 50 euro": "price < 50",
    "shoes less than €49,90": "price < 49.9",
    "shoes for under 40 dollars": "price < 40",
    "cheaper than 30 bag": "price < 30",
    "under£50": "price < 50",
    "hut unter 20 €": "price < 20",
    "50-80 euro dress": "price >= 50 AND price <= 80",
    "$20 - $30 top": "price >= 20 AND price <= 30",
    "top 20-60": "price >= 20 AND price <= 60",
    "20 to 30 bucks": "price >= 20 AND price <= 30",
    "dress between 50 and 80": "price >= 50 AND price <= 80",
    "watch from 20 to 40": "price >= 20 AND price <= 40",
    "priced between $20 and $30": "price >= 20 AND price <= 30",
    "over 100": "price > 100",
    "watch more than 99.99": "price > 99.99",
    "at least 60": "price >= 60",
    "from 50 euro": "price >= 50",
    "bag $100+": "price >= 100",
    "bag 50 euro and up": "price >= 50",
    "max 30": "price <= 30",
    "max. 30": "price <= 30",
    "up to 1,200 rs": "price <= 1200",
    "at most 1.200,50 €": "price <= 1200.5",
    "no more than 30": "price <= 30",
    "not over 25 usd": "price <= 25",
    "dress 50 or less": "price <= 50",
    "under 1234567": "price < 1234567",
    "pack of 3 under 20": "price < 20",
    "shoes under 2k": "price < 2000",
    "under $1.5k": "price < 1500",
    "under 50ish": "price < 50",
    "49-89 zloty": "price >= 49 AND price <= 89",
    "500 to 900 roubles": "price >= 500 AND price <= 900",
    "20-60 reais": "price >= 20 AND price <= 60",
    "3000-5000 yen": "price >= 3000 AND price <= 5000",
    "jeans 40-80": "price >= 40 AND price <= 80",
    "nothing over 50": "price <= 50",
    "nothing above $50": "price <= 50",
    "dress not exceeding $50": "price <= 50",
    "without exceeding 50": "price <= 50",
    "must not exceed 50": "price <= 50",
    "not more expensive than 50": "price <= 50",
    "no more expensive than 50": "price <= 50",
    "nothing that costs more than 50": "price <= 50",
    "it shouldn't cost more than 50": "price <= 50",
    "I don't want to pay over 50": "price <= 50",
    "anything but over 50": "price <= 50",
    "nicht über 50 Euro": "price <= 50",
    "nicht teurer als 50": "price <= 50",
    "not under 50": "price >= 50",
    "nothing below 50": "price >= 50",
    "no less than 50": "price >= 50",
    "no logo, over 50": "price > 50",
    "not black under 50": "price < 50",
}
NO_PRICES = (
    "cheap dress",
    "dress",
    "size 40",
    "size 40-42",
    "size under 40",
    "uk 8 to 10",
    "501 jeans",
    "levis 501-505 jeans",
    "pack of 3",
    "under 2 pack",
    "shirts 2012",
    "from 2010 to 2015",
    "heels under 5 cm",
    "between 50 and 80 cm",
    "under 18 years",
    "over 40s fashion",
    "over the knee boots",
    "under armour shoes",
    "trousers 32-34",
    "50 cotton 50 polyester",
    "shirts for 50",
    "from 50",
    "between 80 and 50",
    "under 0",
    "backpack over 20 litres",
    "towels over 500 gsm",
    "watch over 5 atm",
    "under 30 mins",
    "under 50xyz",
    "sunscreen spf 30-50",
    "jeans 30-40",
    "5k-10k running shoes",
    "not between 20 and 50",
    "shoes not 20-50 euro",
)


@pytest.mark.parametrize("text", PRICES)
def test_prices_are_found(text):
    found = find_price(text)
    assert found is not None
    assert found.condition("price") == PRICES[text]


@pytest.mark.parametrize("text", NO_PRICES)
def test_other_numbers_are_no_prices(text):
    assert find_price(text) is None


def test_the_name_of_the_field_is_quoted():
    found = find_price("under 50")
    assert found is not None
    assert found.condition("sale price") == "`sale price` < 50"


@pytest.mark.parametrize("text", PRICES)
def test_a_price_is_said_with_all_of_its_words(text):
    found = find_price(text)
    assert found is not None
    left = text[: found.start] + text[found.end :]
    assert not any(one in left.split() for one in ("zloty", "roubles", "reais", "yen", "nothing"))


@pytest.mark.parametrize(
    "text",
    [
        "between 1 and " * 36,
        "not over " * 50,
        "don't want to " * 40 + "1",
        "1," * 250,
        "from 1 to " * 51,
        "1 " * 256,
    ],
)
def test_no_text_takes_long(text):
    start = time.perf_counter()
    find_price(text)
    assert time.perf_counter() - start < 0.2
