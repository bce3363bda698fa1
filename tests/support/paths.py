"""Where the tests find the project's own files, and the data set if there is one."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "training" / "configs"
REAL_PRODUCTS = Path(os.environ.get("TWINSET_DATA", ROOT / "data" / "fashion"))
