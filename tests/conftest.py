"""Where the tests find what more than one of them needs."""

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.service import twinset

ROOT = Path(__file__).parents[1]
REAL_PRODUCTS = Path(os.environ.get("TWINSET_DATA", ROOT.parent / "shared" / "data" / "fashion"))


@pytest.fixture(scope="session")
def compact():
    """Folder of the encoder that ships with Twinset."""
    return ROOT / "models" / "compact"


@pytest.fixture(scope="session")
def sample_shop(compact, tmp_path_factory):
    """A rendered catalogue and its index under the encoder that ships: (index, rows by id)."""
    folder = tmp_path_factory.mktemp("sample-shop")
    catalogue, index = folder / "catalog.parquet", folder / "index"
    twinset("sample", catalogue, "--items", 160)
    twinset("export", "--encoder", compact, "--catalog", catalogue, "--out", folder / "emb")
    twinset("build", "--embeddings", folder / "emb", "--catalog", catalogue, "--out", index)
    return index, {row["id"]: row for row in pq.read_table(catalogue).to_pylist()}
