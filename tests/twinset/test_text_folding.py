"""Texts that people read as the same, and those that they do not."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinset.columns import column_from_arrow
from twinset.text.text_folding import compose, fold, fold_array, plain
from twinset.text.vocabulary import Vocabulary, sort_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BLACK", "black"),
        ("Zo\u00eb", "Zoe\u0308"),
        ("\uff32\uff25\uff24", "red"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2"),
        ("\ufb01ne", "FINE"),
    ],
)
def test_the_same_to_a_reader(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Zoe", "Zo\u00eb"), ("red", "read"), ("a b", "ab")])
def test_not_the_same(one, other):
    assert fold(one) != fold(other)


def test_queries_lose_what_nobody_sees():
    assert plain("\uff32\uff25\uff24 dre\u00adss\u200b\ufeff") == "RED dress"
    assert plain("women\u2019s t\u2011shirt") == "women's t-shirt"
    assert compose("Zoe\u0308") == "Zo\u00eb"


@given(st.lists(st.text(max_size=8), max_size=20))
def test_arrays_fold_as_single_texts_do(texts):
    assert fold_array(pa.array(texts, pa.string())).to_pylist() == [fold(text) for text in texts]


@given(st.lists(st.text(max_size=4), max_size=20), st.text(max_size=4))
def test_a_span_holds_what_folds_to_the_same(texts, asked):
    column = column_from_arrow(pa.chunked_array([pa.array([*texts, "x"], pa.string())]))
    vocabulary = column.vocabulary
    assert isinstance(vocabulary, Vocabulary)
    strings = vocabulary.strings.to_pylist()
    assert strings == sorted(set(texts) | {"x"}, key=sort_key)
    first, end = vocabulary.span(asked)
    assert strings[first:end] == [text for text in strings if fold(text) == fold(asked)]
    assert [vocabulary.code(text) for text in strings] == list(range(len(strings)))


def test_a_column_of_lists_counts_each_value_once_per_item():
    rows = [["S", "M", "S"], None, [], ["M"], ["XL", "S"]]
    column = column_from_arrow(pa.chunked_array([pa.array(rows, pa.list_(pa.string()))]))
    assert column.present.tolist() == [True, False, False, True, True]
    assert column.counts() == [("M", 2), ("S", 2), ("XL", 1)]
    assert column.counts(column.present & (column.values >= 0)) == column.counts()
    assert [column.value(row) for row in range(5)] == ["S", None, None, "M", "XL"]
