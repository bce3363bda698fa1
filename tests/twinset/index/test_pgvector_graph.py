"""What the environment says of pgvector's graph."""

import pytest

from twinset.errors import ConfigError
from twinset.index.pgvector.pgvector_graph import Graph


def test_variables_set_links_breadth_and_memory(monkeypatch):
    assert Graph.from_environment() == Graph(24, 200, 512)
    for name, value in (("LINKS", "8"), ("BREADTH", "32"), ("BUILD_MB", "4096")):
        monkeypatch.setenv(f"TWINSET_PGVECTOR_{name}", value)
    assert Graph.from_environment() == Graph(8, 32, 4096)


@pytest.mark.parametrize(
    ("name", "value"),
    [("LINKS", "1"), ("LINKS", "many"), ("BREADTH", "40"), ("BREADTH", "-1"), ("BUILD_MB", "0")],
)
def test_a_value_that_pgvector_would_refuse_is_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv(f"TWINSET_PGVECTOR_{name}", value)
    with pytest.raises(ConfigError, match=f"TWINSET_PGVECTOR_{name}"):
        Graph.from_environment()
