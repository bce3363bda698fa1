"""Where the tests find what more than one of them needs."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REAL_PRODUCTS = Path(os.environ.get("TWINSET_DATA", ROOT.parent / "shared" / "data" / "fashion"))


@pytest.fixture(scope="session")
def compact():
    """Folder of the encoder that ships with Twinset."""
    return ROOT / "models" / "compact"
