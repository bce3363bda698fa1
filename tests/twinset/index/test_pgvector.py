"""What is pgvector's alone: filters as SQL, lists, walking by a filter, versions, tables."""

import json
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from psycopg import errors

from index_builder.build import BuildOptions, build_index
from tests.support.filter_expressions import EXPRESSIONS, ROWS, SETTINGS
from tests.support.made_embeddings import write_embeddings
from tests.support.postgres import database, pgvector_index
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.columns import columns_from_table
from twinset.encoders import HashEncoder
from twinset.encoders.encoder import normalise
from twinset.errors import ArtefactError, ConfigError, InvalidInput, NotFound, NotReady
from twinset.filters import And, Compare, Exists, In, Not, Or, evaluate
from twinset.index.exact_index import ExactIndex
from twinset.index.index_versions import open_version
from twinset.index.pgvector.pgvector_fields import SqlFields, translate
from twinset.index.pgvector.pgvector_index import PgvectorIndex, PgvectorPlan
from twinset.index.pgvector.pgvector_tables import TableRecord, _require_pgvector
from twinset.index.shared.version_line import list_versions
from twinset.index.vector_index import Condition
from twinset.store.postgres_connection import connection
from twinset.text.word_template import render_texts

TABLE = pa.Table.from_pylist(ROWS)
COLUMNS = columns_from_table(TABLE, TABLE.column_names)
FIELDS = SqlFields.of(COLUMNS)
VECTORS = normalise(np.random.default_rng(0).standard_normal((600, 8)).astype(np.float32))
ENCODER = HashEncoder(16)


@pytest.fixture(scope="module")
def address(postgres_server):
    with database(postgres_server) as address:
        yield address


@pytest.fixture(scope="module")
def filtered(address):
    """The rows of the filter tests as a table; gives the rows that meet a condition."""
    pgvector_index(address, VECTORS[: len(ROWS)], COLUMNS, "filtered")
    with connection(address) as connected:

        def rows(condition):
            sql, values = condition
            sql = "SELECT row FROM filtered WHERE " + sql + " ORDER BY row"  # noqa: S608
            found = connected.execute(sql, values)
            return [row for (row,) in found.fetchall()]

        yield rows


@SETTINGS
@given(EXPRESSIONS)
def test_a_translated_filter_means_what_the_evaluator_says(filtered, expr):
    expected = np.flatnonzero(evaluate(expr, COLUMNS)).tolist()
    assert filtered(translate(expr, FIELDS)) == expected


@pytest.mark.parametrize(
    "word", ["a\nb", "100 %", "%s", 'quote"', "back\\slash", "é☃", "'; --", ""]
)
def test_any_text_survives_the_way_to_postgres(address, word):
    columns = columns_from_table(pa.table({"word": [word, word + "x", None]}), ["word"])
    pgvector_index(address, VECTORS[:3], columns, "words")
    sql, values = translate(Compare("word", "=", word), SqlFields.of(columns))
    with connection(address) as connected:
        found = connected.execute("SELECT row FROM words WHERE " + sql, values).fetchall()  # noqa: S608
    assert found == [(0,)]


def test_what_cannot_be_translated_widens_an_and_and_ends_the_rest(filtered):
    women, broken = Compare("gender", "=", "Women"), Compare("gender", "=", "\ud800")
    assert filtered(translate(And((women, broken)), FIELDS)) == [0, 3, 4]
    for expr in (broken, Or((women, broken)), Not(And((women, broken))), Exists("other")):
        assert translate(expr, FIELDS) is None
    assert translate(Compare("gender", "=", "a\0b"), FIELDS) is None


def test_a_text_that_postgres_cannot_hold_is_refused_and_leaves_no_table(address):
    columns = columns_from_table(pa.table({"word": ["fine", "a\0b"]}), ["word"])
    with pytest.raises(InvalidInput):
        pgvector_index(address, VECTORS[:2], columns, "bad")
    with connection(address) as connected:
        assert connected.execute("SELECT to_regclass('bad')").fetchone() == (None,)


@pytest.fixture(scope="module")
def parity(address):
    """600 items with a number and a list; a plan that walks the graph for most masks."""
    table = pa.table({"n": range(600), "sizes": [["S", "M"], ["M"], None] * 200})
    columns = columns_from_table(table, table.column_names)
    plan = PgvectorPlan(exact_rows=40, breadths=(16, 64))
    return pgvector_index(address, VECTORS, columns, "parity", plan=plan)


@pytest.mark.parametrize("kept", [10, 100, 300, 590])
@pytest.mark.parametrize("with_filter", [True, False])
@pytest.mark.parametrize("k", [5, 40, 120])
def test_the_mask_decides_with_or_without_a_filter(parity, kept, with_filter, k):
    mask = np.arange(600) < kept
    mask[7] = False  # an excluded item, that the filter knows nothing of
    mask[599] = True  # and one whose price, say, has changed since
    where = Condition(Compare("n", "<", kept), (599,)) if with_filter else None
    rows, scores = parity.search(VECTORS[[3]], k, mask, where)
    true, true_scores = ExactIndex(VECTORS).search(VECTORS[[3]], k, mask)
    assert rows.tolist() == true.tolist()
    assert scores.tolist() == true_scores.tolist()


def test_a_mask_that_no_filter_says_is_looked_at_by_the_server(parity, monkeypatch):
    sent = []
    select = PgvectorIndex._select

    def noted(self, rest, values, *more):
        found = select(self, rest, values, *more)
        sent.append(len(found[0]))
        return found

    monkeypatch.setattr(PgvectorIndex, "_select", noted)
    far = np.argsort(VECTORS @ VECTORS[3])[:50]  # none of them is among the nearest
    mask = np.zeros(600, np.bool_)
    mask[far] = True
    rows, scores = parity.search(VECTORS[[3]], 5, mask, Condition(Compare("n", ">=", 0)))
    true, true_scores = ExactIndex(VECTORS).search(VECTORS[[3]], 5, mask)
    assert (rows.tolist(), scores.tolist()) == (true.tolist(), true_scores.tolist())
    assert max(sent) < 100  # of 600 that meet the filter


def test_a_filter_on_a_list_is_walked_by(parity, monkeypatch):
    asked = []
    select = PgvectorIndex._select

    def noted(self, rest, values, *more):
        asked.append(rest)
        return select(self, rest, values, *more)

    monkeypatch.setattr(PgvectorIndex, "_select", noted)
    mask = np.arange(600) % 3 == 0
    where = Condition(In("sizes", ("s",)))
    rows, _ = parity.search(VECTORS[[3]], 10, mask, where)
    assert rows.tolist() == ExactIndex(VECTORS).search(VECTORS[[3]], 10, mask)[0].tolist()
    assert "f1 && %s" in asked[0]
    assert "LIMIT" in asked[0]


def test_a_row_that_is_not_there_is_not_found(parity):
    with pytest.raises(NotFound):
        parity.vector(600)


# Versions.


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    with CatalogueWriter(folder / "catalog.parquet", {"colour": pa.string()}, "colour") as writer:
        for number in range(40):
            title = f"shirt number {number}"
            writer.write({"id": f"i{number}", "title": title, "colour": "rb"[number % 2]})
    rows = Catalogue(folder / "catalog.parquet").rows()
    vectors = ENCODER.encode_items([None] * 40, render_texts("{title}", rows))
    write_embeddings(folder / "emb", rows["id"].to_pylist(), vectors, ENCODER)
    return folder / "emb", folder / "catalog.parquet"


def tables(address):
    with connection(address) as connected:
        sql = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'twinset_2%'"
        return sorted(name for (name,) in connected.execute(sql).fetchall())


def table_of(version):
    return "twinset_" + version.replace("-", "_").lower()


@pytest.mark.parametrize("kind", ["pgvector", "pgvector-half"])
def test_a_version_is_built_opened_searched_and_pruned(
    tmp_path, inputs, postgres_server, monkeypatch, kind
):
    with database(postgres_server) as address:
        monkeypatch.setenv("TWINSET_STORE", address)
        index_dir = tmp_path / "index"
        first = build_index(*inputs, index_dir, BuildOptions(kind, keep=1)).version
        version = open_version(index_dir)
        assert (version.index.kind, len(version.index), version.dimension) == (kind, 40, 16)
        query = ENCODER.encode_items([None], ["shirt number 7"]).item
        assert version.index.search(query, 1)[0].tolist() == [[7]]
        assert tables(address) == [table_of(first)]
        second = build_index(*inputs, index_dir, BuildOptions(kind, keep=1)).version
        assert list_versions(index_dir) == [second]
        assert tables(address) == [table_of(second)]
        with connection(address) as connected:
            connected.execute(f"DROP TABLE {table_of(second)}")
        with pytest.raises(ArtefactError, match=r"pgvector\.json"):
            open_version(index_dir)


def test_a_store_that_is_not_named_or_does_not_answer_is_said(tmp_path, inputs, monkeypatch):
    monkeypatch.delenv("TWINSET_STORE", raising=False)
    with pytest.raises(ConfigError, match="TWINSET_STORE"):
        build_index(*inputs, tmp_path / "index", BuildOptions("pgvector"))
    monkeypatch.setenv("TWINSET_STORE", "mysql://nowhere")
    with pytest.raises(ConfigError, match="TWINSET_STORE"):
        build_index(*inputs, tmp_path / "index", BuildOptions("pgvector"))
    monkeypatch.setenv("TWINSET_STORE", "postgresql://127.0.0.1:1/none?connect_timeout=1")
    with pytest.raises(NotReady):
        build_index(*inputs, tmp_path / "index", BuildOptions("pgvector"))
    assert list_versions(tmp_path / "index") == []


def test_a_server_that_is_lost_is_not_taken_for_one_without_pgvector():
    def lost(_):
        raise errors.AdminShutdown

    def lacking(_):
        raise errors.FeatureNotSupported

    with pytest.raises(errors.AdminShutdown):
        _require_pgvector(SimpleNamespace(execute=lost))
    with pytest.raises(ConfigError, match="no pgvector"):
        _require_pgvector(SimpleNamespace(execute=lacking))


def test_a_record_is_checked(tmp_path):
    path = tmp_path / "pgvector.json"
    record = TableRecord("twinset_x", "halfvec", 8, FIELDS)
    record.save(path)
    assert TableRecord.load(path) == record
    for damage in ({"table": 'a"; DROP TABLE b'}, {"number": "bit"}, {"fields": {"a": "xml"}}):
        path.write_text(json.dumps(json.loads(path.read_text()) | damage))
        with pytest.raises(ArtefactError, match=r"pgvector\.json"):
            TableRecord.load(path)
        record.save(path)
