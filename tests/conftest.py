"""Where the tests find what more than one of them needs."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pyarrow.parquet as pq
import pytest

from tests.support.live_service import COUNT, Place
from tests.support.live_shop import ENCODER, build, products
from tests.support.made_once import made_once
from tests.support.milvus_lite import milvus_lite
from tests.support.milvus_server import milvus_server
from tests.support.paths import ROOT
from tests.support.postgres import postgres
from tests.support.running_service import twinset
from twinset.index.milvus.milvus_connection import MilvusAddress


def pytest_addoption(parser):
    help_text = "run fault and fuzz tests at the size of the bar: minutes instead of seconds"
    parser.addoption("--full", action="store_true", help=help_text)


def pytest_configure(config):
    # Before the tests are imported, whose own settings start from this profile. A deadline would
    # fail a test for what else the machine does.
    sizes = {"max_examples": 5000} if config.getoption("--full") else {}
    hypothesis.settings.register_profile("twinset", deadline=None, **sizes)
    hypothesis.settings.load_profile("twinset")


LONGEST = (
    "tests/training/",
    "tests/faults/",
    "tests/twinset/index/",
    "tests/browser/",
    "tests/test_",
)


def pytest_collection_modifyitems(items):
    """Puts the longest files first, so that none is left to one process at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session")
def full(request):
    """Whether tests that have a short form run at full size."""
    return request.config.getoption("--full")


@pytest.fixture(scope="session")
def compact():
    """Folder of the encoder that ships with Twinset."""
    return ROOT / "models" / "compact"


@pytest.fixture(scope="session")
def embedded_sample(compact, tmp_path_factory):
    """A rendered catalogue and its vectors of the encoder that ships: (catalogue, embeddings).

    One process of the run makes them, and all read them.
    """

    def make(folder):
        catalogue = folder / "catalog.parquet"
        twinset("sample", catalogue, "--items", 160)
        options = ("--encoder", compact, "--catalog", catalogue)
        twinset("export", *options, "--out", folder / "embeddings")

    folder = made_once(tmp_path_factory, "embedded-sample", make)
    return folder / "catalog.parquet", folder / "embeddings"


@pytest.fixture(scope="session")
def sample_shop(embedded_sample, tmp_path_factory):
    """The sample's index, of this process alone, and its products: (index, rows by id)."""
    catalogue, embeddings = embedded_sample

    def make(folder):
        options = ("--embeddings", embeddings, "--catalog", catalogue)
        twinset("build", *options, "--out", folder / "index")

    made = made_once(tmp_path_factory, "sample-index", make) / "index"
    index = shutil.copytree(made, tmp_path_factory.mktemp("sample-shop") / "index")
    return index, {row["id"]: row for row in pq.read_table(catalogue).to_pylist()}


@pytest.fixture
def milvus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MilvusAddress]:
    with milvus_lite(tmp_path) as address:
        monkeypatch.setenv("TWINSET_MILVUS_URI", address.uri)
        yield address


# For a module, since there is one at a time on a machine: other processes of the run wait for it.
@pytest.fixture(scope="module")
def milvus_standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusAddress]:
    """A real server, which starts when the first test of a module asks for it."""
    with milvus_server(tmp_path_factory.mktemp("milvus-server")) as address:
        yield address


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL with pgvector, which starts when the first test asks for it."""
    with postgres() as address:
        yield address


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pristine")
    build(folder, products(COUNT))
    ENCODER.save(folder / "encoder")
    return folder


@pytest.fixture
def place(pristine: Path, tmp_path: Path) -> Place:
    folder = Path(shutil.copytree(pristine, tmp_path / "shop"))
    return Place(folder / "encoder", folder / "index")
