"""Where the tests find what more than one of them needs."""

import os
from pathlib import Path

import hypothesis
import pyarrow.parquet as pq
import pytest

from tests.service import twinset

ROOT = Path(__file__).parents[1]
REAL_PRODUCTS = Path(os.environ.get("TWINSET_DATA", ROOT.parent / "shared" / "data" / "fashion"))


def pytest_addoption(parser):
    help_text = "run fault and fuzz tests at the size of the bar: minutes instead of seconds"
    parser.addoption("--full", action="store_true", help=help_text)


def pytest_configure(config):
    if config.getoption("--full"):
        # Before the tests are imported, whose own settings start from this profile.
        hypothesis.settings.register_profile("full", max_examples=5000)
        hypothesis.settings.load_profile("full")


@pytest.fixture(scope="session")
def full(request):
    """Whether tests that have a short form run at full size."""
    return request.config.getoption("--full")


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
