"""What is Milvus's alone: filters as expressions, live writes, collections and the alias."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from tests.support.filter_expressions import EXPRESSIONS, ROWS, SETTINGS
from tests.support.milvus_lite import milvus_index, milvus_lite
from twinset.columns import columns_from_table
from twinset.encoders.encoder import normalise
from twinset.errors import ArtefactError, ConfigError, InvalidInput, NotFound, NotReady
from twinset.filters import And, Between, Compare, Exists, In, Not, Or, evaluate, fields_of
from twinset.index.copies import first_copies
from twinset.index.exact_index import ExactIndex
from twinset.index.milvus.milvus_candidates import MilvusPlan
from twinset.index.milvus.milvus_collections import (
    CollectionRecord,
    NewCollection,
    create_collection,
    make_live,
)
from twinset.index.milvus.milvus_connection import MilvusAddress, connect
from twinset.index.milvus.milvus_fields import MAX_FIELDS, FieldMap, translate
from twinset.index.milvus.milvus_index import MilvusIndex
from twinset.index.vector_index import Condition

TABLE = pa.Table.from_pylist(ROWS)
COLUMNS = columns_from_table(TABLE, TABLE.column_names)
FIELDS = FieldMap.of(COLUMNS)
VECTORS = normalise(np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32))


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    with milvus_lite(tmp_path_factory.mktemp("milvus")) as address:
        yield address


@pytest.fixture(scope="module", params=["lite", pytest.param("server", marks=pytest.mark.long)])
def address(request):
    """Milvus in this process and a real server: each must do what the tests say."""
    name = {"lite": "lite", "server": "milvus_standalone"}[request.param]
    return request.getfixturevalue(name)


@pytest.fixture(scope="module")
def filtered(address):
    """The rows of the filter tests as a collection; gives the rows that meet an expression."""
    milvus_index(address, VECTORS[: len(ROWS)], TABLE, "filtered")
    client = connect(address)

    def rows(expression):
        held = client.query("filtered", filter=expression or "row >= 0", output_fields=["row"])
        return sorted(entry["row"] for entry in held)

    return rows


def asks_for_order(expr, field):
    """True if some test of this field is by the order of texts, which an array does not tell."""
    match expr:
        case And(operands) | Or(operands):
            return any(asks_for_order(one, field) for one in operands)
        case Not(operand):
            return asks_for_order(operand, field)
        case Compare(name, operator, _):
            return name == field and operator not in ("=", "!=")
    return isinstance(expr, Between) and expr.field == field


@SETTINGS
@given(EXPRESSIONS)
def test_a_translated_filter_means_what_the_evaluator_says(filtered, expr):
    expected = np.flatnonzero(evaluate(expr, COLUMNS)).tolist()
    found = filtered(translate(expr, FIELDS))
    if "sizes" in fields_of(expr) and asks_for_order(expr, "sizes"):
        assert set(found) >= set(expected)  # left to the mask, so more rows may match
    else:
        assert found == expected


@pytest.mark.parametrize("word", ["a\nb", "tab\there", 'quote"', "back\\slash", "é☃", "'", ""])
def test_any_text_survives_the_way_to_milvus(address, word):
    table = pa.table({"word": [word, word + "x", None]})
    milvus_index(address, VECTORS[:3], table, "words")
    fields = FieldMap.of(columns_from_table(table, ["word"]))
    expression = translate(Compare("word", "=", word), fields)
    assert [hit["row"] for hit in connect(address).query("words", filter=expression)] == [0]


LARGE = Compare("price", "=", 1e308)
BROKEN = Compare("gender", "=", "\ud800")


def test_what_cannot_be_translated_widens_an_and_and_ends_the_rest(filtered):
    women = Compare("gender", "=", "Women")
    assert filtered(translate(And((women, BROKEN)), FIELDS)) == [0, 3, 4]
    for expr in (BROKEN, LARGE, Or((women, BROKEN)), Not(And((women, BROKEN))), Exists("other")):
        assert translate(expr, FIELDS) is None
    assert translate(Compare("gender", "=", "a\x01b"), FIELDS) is None


def test_a_collection_carries_so_many_fields():
    table = pa.table({f"field {n}": [n] for n in range(MAX_FIELDS + 1)})
    fields = FieldMap.of(columns_from_table(table, table.column_names))
    assert translate(Exists("field 0"), fields) == "(f0 > -1e+308)"
    assert translate(Exists(f"field {MAX_FIELDS}"), fields) is None


@pytest.mark.parametrize(
    "item", [{"gender": "x" * 65_535}, {"gender": "\ud800"}, {"price": 1e308}, {"price": -1e308}]
)
def test_a_value_that_does_not_fit_is_refused(item):
    with pytest.raises(InvalidInput):
        FIELDS.cells(item)
    assert FIELDS.cells({"price": float("nan")}) == FIELDS.cells({})


# Searching by the filter, by the mask, and by both.


@pytest.fixture(scope="module")
def parity(address):
    """300 items with a field `n`; a plan that reaches every way of asking."""
    table = pa.table({"n": range(300)})
    plan = MilvusPlan(breadths=(16, 64), scan_rows=10, listed_rows=20)
    return milvus_index(address, VECTORS, table, "parity", plan), plan


@pytest.mark.parametrize("kept", [10, 100, 150, 290])
@pytest.mark.parametrize("with_filter", [True, False])
@pytest.mark.parametrize("k", [5, 40, 120])
def test_the_mask_decides_with_or_without_a_filter(parity, kept, with_filter, k):
    index, _ = parity
    mask = np.arange(300) < kept
    mask[7] = False  # an excluded item, that the filter knows nothing of
    mask[299] = True  # and one whose price, say, has changed since
    where = Condition(Compare("n", "<", kept), (299,)) if with_filter else None
    rows, _ = index.search(VECTORS[[3]], k, mask, where)
    true, _ = ExactIndex(VECTORS).search(VECTORS[[3]], k, mask)
    assert rows.tolist() == true.tolist()


def test_a_filter_is_what_milvus_is_asked(parity):
    index, _ = parity
    asked = []
    client = connect_spy(index, asked)
    mask = np.arange(300) < 150
    plan = MilvusPlan((16,), scan_rows=10, listed_rows=20, full_share=1.0)
    MilvusIndex(client, index.record, 300, plan).search(
        VECTORS[[3]], 3, mask, Condition(In("n", tuple(range(150))))
    )
    assert [call.split("[")[0] for call in asked] == ["(f0 > -1e+308 and f0 in "]


def connect_spy(index, asked):
    """The client of an index, noting the filter of each search."""

    class Spy:
        def __getattr__(self, name):
            return getattr(index.client, name)

        def search(self, *arguments, **options):
            asked.append(options["filter"])
            return index.client.search(*arguments, **options)

    return Spy()


# Live writes.


@pytest.fixture
def live(address):
    table = pa.table({"colour": ["red", "blue"] * 50, "price": [float(n) for n in range(100)]})
    return milvus_index(address, VECTORS[:100], table, "live")


def test_an_upsert_adds_and_replaces_and_a_delete_removes(live, address):
    live.upsert(
        [100, 4], VECTORS[[200, 201]], [{"colour": "green", "price": 5.0}, {"colour": None}]
    )
    time.sleep(address.staleness_s)
    assert len(live) == 101
    assert live.search(VECTORS[[200]], 1)[0].tolist() == [[100]]
    np.testing.assert_array_equal(live.vector(4), VECTORS[201])
    assert live.search(VECTORS[[4]], 1)[0].tolist() != [[4]]
    live.delete([100, 5])
    live.delete([100])
    time.sleep(address.staleness_s)
    with pytest.raises(NotFound):
        live.vector(100)
    mask = np.ones(101, np.bool_)
    mask[[100, 5]] = False
    rows, _ = live.search(VECTORS[[200]], 101, mask)
    assert sorted(rows[0][:99].tolist()) == np.flatnonzero(mask).tolist()
    assert rows[0][99:].tolist() == [-1, -1]


def test_filters_see_a_write_in_time(live, address):
    green = translate(Compare("colour", "=", "green"), live.record.fields)
    live.upsert([7], VECTORS[[7]], [{"colour": "green", "price": 1.0}])
    time.sleep(address.staleness_s)
    assert [hit["row"] for hit in live.client.query("live", filter=green)] == [7]


def test_a_write_that_does_not_fit_changes_nothing(live):
    with pytest.raises(InvalidInput):
        live.upsert([1, 2], VECTORS[[8, 9]], [{"colour": "ok"}, {"price": 1e308}])
    np.testing.assert_array_equal(live.vector(1), VECTORS[1])


# The server and its collections.


def test_the_alias_moves_and_a_collection_is_replaced(address):
    client = connect(address)
    for name in ("first", "second", "first"):
        create_collection(client, address, NewCollection(name, VECTORS[:10], {}))
        make_live(client, address, name)
        assert client.describe_alias(address.alias)["collection_name"] == name


def test_a_compressed_collection_is_scored_by_the_vectors(address):
    compressed = replace(address, index_type="IVF_SQ8")
    index = milvus_index(compressed, VECTORS, name="compressed", plan=MilvusPlan((64,)))
    rows, scores = index.search(VECTORS[:20], 10)
    true, true_scores = ExactIndex(VECTORS).search(VECTORS[:20], 10)
    assert np.mean(rows == true) >= 0.98
    np.testing.assert_allclose(scores[rows == true], true_scores[rows == true], atol=1e-6)


@pytest.mark.long
def test_a_server_that_does_not_get_on_with_an_index_is_given_up(milvus_standalone, monkeypatch):
    # As the package's server does with DISKANN if it is busy.
    slow = replace(milvus_standalone, build_s=0.5)
    client = connect(slow)
    stuck = {"state": "InProgress", "total_rows": 300, "indexed_rows": 0}
    monkeypatch.setattr(client, "describe_index", lambda *_, **__: stuck)
    with pytest.raises(NotReady, match="TWINSET_MILVUS_BUILD_S"):
        create_collection(client, slow, NewCollection("slow", VECTORS, {}))
    assert not client.has_collection("slow")


@pytest.mark.long
def test_a_collection_of_an_older_version_is_still_searched(milvus_standalone, tmp_path):
    index = milvus_index(milvus_standalone, VECTORS, name="older")
    index.record.save(tmp_path / "milvus.json")
    content = json.loads((tmp_path / "milvus.json").read_text())
    del content["has_parts"]
    (tmp_path / "milvus.json").write_text(json.dumps(content))
    older = CollectionRecord.load(tmp_path / "milvus.json")
    assert not older.has_parts
    for mask in (None, np.arange(300) % 5 == 0):
        found = MilvusIndex(index.client, older, 300).search(VECTORS[:20], 10, mask)[0]
        true = ExactIndex(VECTORS).search(VECTORS[:20], 10, mask)[0]
        assert np.mean(found == true) >= 0.98


def test_copies_of_a_vector_are_named_by_the_first_of_them():
    vectors = VECTORS[[3, 5, 3, 7, 5, 3]]
    assert first_copies(vectors) == {0: 0, 2: 0, 5: 0, 1: 1, 4: 1}


def test_a_record_is_read_as_it_was_written(tmp_path):
    record = CollectionRecord("c", "IVF_SQ8", FIELDS)
    record.save(tmp_path / "milvus.json")
    assert CollectionRecord.load(tmp_path / "milvus.json") == record
    (tmp_path / "milvus.json").write_text("[]")
    with pytest.raises(ArtefactError, match=r"milvus\.json"):
        CollectionRecord.load(tmp_path / "milvus.json")


def test_a_failed_fill_leaves_no_collection(address):
    columns = columns_from_table(pa.table({"price": [1.0, 1e308]}), ["price"])
    with pytest.raises(InvalidInput):
        create_collection(connect(address), address, NewCollection("bad", VECTORS[:2], columns))
    assert not connect(address).has_collection("bad")


def test_a_server_that_loses_the_collection_is_not_ready(address):
    index = milvus_index(address, VECTORS[:100], name="lost")
    connect(address).drop_collection("lost")
    with pytest.raises(NotReady):
        index.search(VECTORS[:1], 3)


@pytest.mark.parametrize(
    "options",
    [
        {"uri": "milvus:19530"},
        {"alias": "a-b"},
        {"index_type": "LSH"},
        {"uri": "/nowhere/x.db"},
        {"build_s": 0.0},
    ],
)
def test_a_wrong_address_is_refused(options):
    with pytest.raises(ConfigError, match="TWINSET_MILVUS_"):
        connect(MilvusAddress(**{"uri": "http://127.0.0.1:1"} | options))


def test_nobody_at_the_address_is_not_ready():
    with pytest.raises(NotReady, match="TWINSET_MILVUS_URI"):
        connect(MilvusAddress("http://127.0.0.1:1"))


def test_milvus_lite_logs_no_traceback(lite, caplog):
    milvus_index(lite, VECTORS[:10], name="quiet").search(VECTORS[:1], 3)
    connect.cache_clear()
    connect(lite)
    assert not caplog.records


def test_a_second_process_is_refused_in_one_line(lite):
    connect(lite)
    code = (
        "import sys; from twinset.errors import ConfigError\n"
        "from twinset.index.milvus.milvus_connection import *\n"
        "try: connect(MilvusAddress(sys.argv[1]))\n"
        "except ConfigError as error: print(error)"
    )
    command = [sys.executable, "-c", code, lite.uri]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "one process at a time" in run.stdout
    assert run.stdout.count("\n") == 1
    assert run.stderr == ""
