"""Which kind a catalogue gets, by its size and by the memory that there is."""

import pytest

from index_builder.kind_choice import choose_kind, parse_memory, settle_kind
from twinset.errors import ConfigError
from twinset.index.faiss_kinds import memory_of

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("count", "kind"),
    [(20_000, "exact"), (20_001, "hnsw"), (2_000_000, "hnsw"), (2_000_001, "ivf")],
)
def test_the_kind_goes_by_the_count(count, kind):
    assert choose_kind(count, 256, None) == kind


@pytest.mark.parametrize(
    ("memory", "kind"),
    # A million of 256 numbers: 1,024 bytes a row and 272 of graph; 528; 264; 72.
    [("2GB", "hnsw"), ("1.29GB", "ivf"), ("535MB", "ivf"), ("530MB", "ivf-sq"), ("80MB", "ivf-pq")],
)
def test_the_kind_goes_by_the_memory(memory, kind):
    assert choose_kind(MILLION, 256, parse_memory(memory)) == kind
    assert memory_of(kind, MILLION, 256) <= parse_memory(memory)


def test_too_little_memory_is_refused_with_what_it_takes():
    with pytest.raises(ConfigError, match=r"76\.\d MB as ivf-pq, and 50\.0 MB .* pgvector"):
        choose_kind(MILLION, 256, parse_memory("50MB"))
    with pytest.raises(ConfigError, match="as exact"):
        settle_kind("exact", MILLION, 256, parse_memory("1GB"))
    assert settle_kind("milvus", MILLION, 256, 1) == "milvus"


@pytest.mark.parametrize(("text", "size"), [("512MB", 512e6), ("1.5 gb", 1.5e9), ("2TB", 2e12)])
def test_a_size_is_read(text, size):
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "2", "GB", "-1GB", "0MB", "2GiB", "1e3MB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ConfigError, match="512MB"):
        parse_memory(text)
