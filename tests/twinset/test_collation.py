"""The order in which people look texts up."""

import random

import pyarrow as pa

from twinset.text.collation import collation_key, places_in_order
from twinset.text.vocabulary import Vocabulary, sort_key

IN_ORDER = [
    "",
    "7 up",
    "Arm",
    "ärmel",
    "Øre",
    "shirt",
    "Shirt 9",
    "shirt 10",
    "shirt 10 b",
    "Shoe",
    "Zip",
    "Жук",
]


def test_case_and_accents_hardly_count_and_numbers_go_by_size() -> None:
    shuffled = random.Random(1).sample(IN_ORDER, len(IN_ORDER))
    assert sorted(shuffled, key=collation_key) == IN_ORDER
    assert collation_key("ZOË 007") == collation_key("zoe 7")


def test_a_few_strings_are_ordered_as_all_of_them_are() -> None:
    texts = sorted({f"{word} {n}" for word in ("é", "E", "f") for n in range(60)}, key=sort_key)
    vocabulary = Vocabulary(pa.array(texts))
    whole = vocabulary.in_order(pa.array(range(len(texts))).to_numpy())
    assert whole.tolist() == places_in_order(pa.array(texts)).tolist()
    few = pa.array([100, 3, 100, 17, 60]).to_numpy()
    assert vocabulary.in_order(few).argsort(kind="stable").tolist() == (
        whole[few].argsort(kind="stable").tolist()
    )
