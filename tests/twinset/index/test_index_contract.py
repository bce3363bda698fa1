"""One contract for every index: each kind is compared with `ExactIndex` on the same vectors."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.milvus_lite import milvus_index, milvus_lite
from tests.support.postgres import database, pgvector_index
from twinset.encoders.encoder import normalise
from twinset.errors import ArtefactError, ConfigError
from twinset.index.exact_index import ExactIndex, dot_rows
from twinset.index.faiss_index import FaissIndex, SearchPlan
from twinset.index.faiss_kinds import memory_of
from twinset.index.milvus.milvus_candidates import MilvusPlan
from twinset.index.pgvector.pgvector_index import PgvectorPlan

COUNT, DIMENSION = 3000, 32
# Small enough that masks and long lists reach every step of a plan.
PLAN = SearchPlan(scan_rows=50, breadths=(64, 256), probe_share=0.25, sampled=2)
FAISS_KINDS = ("exact", "hnsw", "ivf", "ivf-sq", "ivf-pq")
OUTLINED_PLAN = replace(PLAN, outlined=(1, COUNT), outlined_share=0.0)
OUTLINED = ("exact, outlined", "hnsw, outlined")
SERVED = ("pgvector", "pgvector-half", "milvus-lite", "milvus HNSW", "milvus IVF_SQ8")
KINDS = ("oracle", *FAISS_KINDS, *OUTLINED, *SERVED)
APPROXIMATE = ("hnsw", "ivf", "ivf-sq", "ivf-pq", "pgvector", "pgvector-half", "milvus")
PGVECTOR_PLAN = PgvectorPlan(exact_rows=50, breadths=(64, 256))
MILVUS_PLAN = MilvusPlan(breadths=(64, 256), scan_rows=50, listed_rows=400)
SELECTIVITIES = (None, 0.9, 0.5, 0.1, 0.01, 0.001)


def make_vectors():
    """Unit rows around 40 centres; 100..160 repeat row 5, and 200..500 repeat row 6."""
    generator = np.random.default_rng(0)
    centres = generator.standard_normal((40, DIMENSION))
    noise = 0.6 * generator.standard_normal((COUNT, DIMENSION))
    vectors = normalise((centres[generator.integers(0, 40, COUNT)] + noise).astype(np.float32))
    vectors[100:160] = vectors[5]
    vectors[200:500] = vectors[6]
    return vectors


VECTORS = make_vectors()
ORACLE = ExactIndex(VECTORS)
QUERIES = normalise(
    VECTORS[600:624] + 0.05 * np.random.default_rng(1).standard_normal((24, DIMENSION))
).astype(np.float32)


@pytest.fixture(scope="module", params=KINDS)
def index(request, tmp_path_factory):
    if request.param == "oracle":
        yield ORACLE
    elif request.param.startswith("pgvector"):
        number = {"pgvector": "vector", "pgvector-half": "halfvec"}[request.param]
        with database(request.getfixturevalue("postgres_server")) as address:
            yield pgvector_index(address, VECTORS, {}, number=number, plan=PGVECTOR_PLAN)
    elif request.param == "milvus-lite":
        plan = replace(MILVUS_PLAN, full_share=1.0)
        with milvus_lite(tmp_path_factory.mktemp("milvus")) as address:
            yield milvus_index(address, VECTORS, plan=plan)
    elif request.param.startswith("milvus"):
        served = request.getfixturevalue("milvus_standalone")
        address = replace(served, index_type=request.param.split()[1])
        yield milvus_index(address, VECTORS, plan=MILVUS_PLAN)
    else:
        path = tmp_path_factory.mktemp("index") / "index.faiss"
        kind, outlined, _ = request.param.partition(", outlined")
        FaissIndex.build(VECTORS, kind).save(path)
        yield FaissIndex.load(path, OUTLINED_PLAN if outlined else PLAN)


@pytest.fixture(scope="module")
def kept(index):
    """What is exact for an index is judged by the vectors that it keeps."""
    return ExactIndex(index.vectors(np.arange(COUNT)))


def make_mask(selectivity):
    if selectivity is None:
        return None
    return np.random.default_rng(2).random(COUNT) < selectivity


def record(function, calls):
    def recorded(*arguments):
        calls.append(arguments)
        return function(*arguments)

    return recorded


def matching_rows(mask):
    return COUNT if mask is None else int(mask.sum())


def recall(found, true):
    return np.mean([len(set(f) & set(t)) / len(t) for f, t in zip(found, true, strict=True)])


@pytest.mark.parametrize("selectivity", SELECTIVITIES)
def test_finds_the_rows_that_the_oracle_finds(index, selectivity):
    mask = make_mask(selectivity)
    k = min(10, matching_rows(mask))
    rows, scores = index.search(QUERIES, k, mask)
    true_rows, true_scores = ORACLE.search(QUERIES, k, mask)
    assert (rows >= 0).all()
    if index.kind in APPROXIMATE:
        assert recall(rows, true_rows) >= 0.98
    else:
        np.testing.assert_array_equal(rows, true_rows)
        np.testing.assert_array_equal(scores, true_scores)


@pytest.mark.parametrize("selectivity", SELECTIVITIES[1:])
@pytest.mark.parametrize("k", [10, 200, 700])
def test_a_filtered_search_is_exact_where_the_index_has_the_vectors(index, kept, selectivity, k):
    if index.kind.startswith(("milvus", "pgvector")):
        pytest.skip("what another service searches is measured by its recall")
    mask = make_mask(selectivity)
    rows, scores = index.search(QUERIES, k, mask)
    true_rows, true_scores = kept.search(QUERIES, k, mask)
    np.testing.assert_array_equal(rows, true_rows)
    np.testing.assert_array_equal(scores, true_scores)


@pytest.mark.parametrize("selectivity", SELECTIVITIES)
@pytest.mark.parametrize("k", [1, 10, 100, 1000])
def test_k_matching_rows_come_back_whenever_k_exist(index, selectivity, k):
    mask = make_mask(selectivity)
    expected = min(k, matching_rows(mask))
    rows, scores = index.search(QUERIES[:4], k, mask)
    for found, similarity in zip(rows, scores, strict=True):
        held = found[found >= 0]
        assert len(set(held)) == len(held) == expected
        assert mask is None or mask[held].all()
        assert (found[expected:] == -1).all()
        assert (similarity[expected:] == -np.inf).all()


@pytest.mark.parametrize("selectivity", SELECTIVITIES)
@pytest.mark.parametrize("query", [5, 6, 700])
def test_pages_make_up_the_long_list(index, selectivity, query):
    mask = make_mask(selectivity)
    long, _ = index.search(VECTORS[[query]], 600, mask)
    pages = [
        index.search(VECTORS[[query]], end, mask)[0][0][end - 10 : end]
        for end in (*range(10, 130, 10), 260, 600)
    ]
    parts = [long[0][end - 10 : end] for end in (*range(10, 130, 10), 260, 600)]
    np.testing.assert_array_equal(pages, parts)


def test_scores_are_those_of_the_rows_and_fall(index):
    rows, scores = index.search(QUERIES, 20)
    for query, found, similarity in zip(QUERIES, rows, scores, strict=True):
        # IVF keeps 16 bits of each number, in memory or in a file.
        tolerance = 2e-3 if index.kind.startswith(("ivf", "pgvector-half")) else 0
        np.testing.assert_allclose(similarity, dot_rows(VECTORS[found], query), atol=tolerance)
        if index.kind != "ivf-pq":  # its second look may bring up what its first missed
            assert (np.diff(similarity) <= 0).all()


@pytest.mark.parametrize(("row", "first", "last"), [(5, 100, 160), (6, 200, 500)])
def test_equal_scores_come_in_row_order(index, row, first, last):
    ties = [row, *range(first, last)]
    rows, scores = index.search(VECTORS[[row]], len(ties))
    assert rows[0].tolist() == ties
    assert len(set(scores[0].tolist())) == 1


def test_ties_come_in_row_order_under_a_mask(index):
    mask = np.zeros(COUNT, np.bool_)
    mask[::2] = True
    rows, _ = index.search(VECTORS[[6]], 100, mask)
    assert rows[0].tolist() == [6, *range(200, 398, 2)]


def test_an_empty_mask_gives_nothing(index):
    rows, scores = index.search(QUERIES[:2], 3, np.zeros(COUNT, np.bool_))
    assert rows.tolist() == [[-1] * 3] * 2
    assert (scores == -np.inf).all()


def test_a_mask_of_one_row_gives_that_row(index):
    mask = np.zeros(COUNT, np.bool_)
    mask[1234] = True
    assert index.search(QUERIES[:1], 3, mask)[0].tolist() == [[1234, -1, -1]]


def test_more_than_all_rows(index):
    rows, _ = index.search(QUERIES[:1], COUNT + 5)
    assert sorted(rows[0][:COUNT].tolist()) == list(range(COUNT))
    assert (rows[0][COUNT:] == -1).all()


def test_a_query_gets_the_same_answer_alone_and_in_a_batch(index):
    rows, scores = index.search(QUERIES, 10)
    alone_rows, alone_scores = index.search(QUERIES[[7]], 10)
    np.testing.assert_array_equal(alone_rows[0], rows[7])
    np.testing.assert_array_equal(alone_scores[0], scores[7])


def test_a_stored_vector_can_be_read_and_not_changed(index):
    vector = index.vector(17)
    np.testing.assert_allclose(vector, VECTORS[17], atol=1e-3)
    rows = np.array([17, 3, 2999, 3])
    np.testing.assert_array_equal(index.vectors(rows), [index.vector(row) for row in rows])
    vector[:] = 0
    assert np.linalg.norm(index.vector(17)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("queries", "k", "mask"),
    [
        (QUERIES[0], 5, None),
        (QUERIES[:, :-1], 5, None),
        (QUERIES, 0, None),
        (QUERIES, 5, np.ones(COUNT + 1, np.bool_)),
        (QUERIES, 5, np.ones(COUNT, np.uint8)),
    ],
)
def test_a_wrong_shape_is_refused(index, queries, k, mask):
    with pytest.raises(ValueError, match="must"):
        index.search(queries, k, mask)


def test_one_row_is_enough_for_every_kind():
    for kind in FAISS_KINDS:
        index = FaissIndex.build(VECTORS[:1], kind)
        assert index.search(QUERIES[:1], 2)[0].tolist() == [[0, -1]]


def test_an_unknown_kind_is_refused():
    with pytest.raises(ConfigError, match="exact, hnsw, ivf"):
        FaissIndex.build(VECTORS[:10], "lsh")


def test_a_file_that_is_no_index_is_refused_by_name(tmp_path):
    path = tmp_path / "index.faiss"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ArtefactError, match=r"index\.faiss"):
        FaissIndex.load(path)


@pytest.mark.parametrize("kind", ["hnsw", "ivf", "ivf-sq", "ivf-pq"])
@pytest.mark.parametrize("selectivity", [0.8, 0.3])
def test_a_large_mask_is_searched_by_short_cuts_and_answered_in_full(kind, selectivity):
    plan = SearchPlan(scan_rows=50, exhaustive_rows=200, breadths=(128, 256), probe_share=0.25)
    index = FaissIndex.build(VECTORS, kind, plan=plan)
    mask = make_mask(selectivity)
    rows, _ = index.search(QUERIES, 10, mask)
    true_rows, _ = ORACLE.search(QUERIES, 10, mask)
    assert mask[rows].all()
    assert recall(rows, true_rows) >= 0.98
    many = int(mask.sum())
    assert sorted(index.search(QUERIES[:1], many, mask)[0][0]) == np.flatnonzero(mask).tolist()


@pytest.mark.parametrize("kind", ["exact", "hnsw", "ivf"])
def test_of_a_mask_of_every_other_row_all_rows_are_passed_over(kind, monkeypatch):
    index = FaissIndex.build(VECTORS, kind, plan=PLAN)
    mask = np.arange(COUNT) % 2 == 0
    expected = ExactIndex(index.vectors(np.arange(COUNT))).search(QUERIES, 10, mask)
    # What a selector costs: to ask of each row takes twice a scan.
    monkeypatch.setattr(index, "_plan", replace(PLAN, scan_rows=0, breadths=(64,)))
    asked = []
    monkeypatch.setattr(index, "_ask_above", record(index._ask_above, asked))
    found = index.search(QUERIES, 10, mask)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])
    assert len(asked) == len(QUERIES)


def test_a_mask_whose_best_rows_are_all_excluded_is_answered_in_full():
    mask = ORACLE.search(QUERIES[:1], COUNT // 2)[0][0]
    allowed = np.ones(COUNT, np.bool_)
    allowed[mask] = False
    for kind in ("exact", "hnsw", "ivf"):
        index = FaissIndex.build(VECTORS, kind, plan=PLAN)
        kept = ExactIndex(index.vectors(np.arange(COUNT)))
        for k in (10, 200):
            found, right = (each.search(QUERIES[:1], k, allowed)[0] for each in (index, kept))
            np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("kind", ["ivf-sq", "ivf-pq"])
def test_vectors_of_a_compressed_index_lie_beside_it(tmp_path, kind):
    path = tmp_path / "index.faiss"
    FaissIndex.build(VECTORS, kind).save(path)
    assert path.stat().st_size < 0.7 * VECTORS.nbytes
    kept = tmp_path / "vectors.npy"
    np.testing.assert_allclose(np.load(kept), VECTORS, atol=1e-3)
    for damage in (lambda: np.save(kept, VECTORS), kept.unlink):
        damage()
        with pytest.raises(ArtefactError, match=r"vectors\.npy"):
            FaissIndex.load(path)


@pytest.mark.parametrize("kind", FAISS_KINDS)
def test_the_memory_that_is_foretold_is_what_the_index_takes(tmp_path, kind):
    path = tmp_path / "index.faiss"
    vectors = normalise(np.random.default_rng(3).standard_normal((4000, 64)).astype(np.float32))
    FaissIndex.build(vectors, kind).save(path)
    assert path.stat().st_size == pytest.approx(memory_of(kind, 4000, 64), rel=0.05)


@pytest.mark.parametrize("selectivity", SELECTIVITIES)
@pytest.mark.parametrize("place", [0, 30, 1500])
def test_above_gives_every_row_that_scores_as_much(index, kept, selectivity, place):
    """The row at `place` of the whole list is the last one, with all that score alike."""
    mask = make_mask(selectivity)
    for query in QUERIES[:4]:
        rows, scores = (side[0] for side in kept.search(query[None], COUNT, mask))
        least = float(scores[min(place, matching_rows(mask) - 1)])
        found, similarity = index.above(query, least, mask)
        expected = scores >= least
        if index.kind == "milvus":
            assert len(set(found) & set(rows[expected])) >= 0.95 * expected.sum()
            assert (similarity >= least).all()
        else:
            np.testing.assert_array_equal(found, rows[expected])
            np.testing.assert_array_equal(similarity, scores[expected])
        nothing, _ = index.above(query, 1.5, mask)
        assert len(nothing) == 0
