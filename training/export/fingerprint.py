"""What names an exported encoder, and how far rounding may turn its rows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from twinset.artefacts import sha256_of

# A row of an int8 model may differ from the float32 row by at most this cosine.
MIN_COSINE = 0.99


def fingerprint_of(spec: dict[str, Any], folder: Path) -> str:
    """The fingerprint of an encoder: changes if any file or preprocessing value changes."""
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode())
    for file in sorted(folder.iterdir()):
        digest.update(sha256_of(file).encode())
    return digest.hexdigest()[:32]
