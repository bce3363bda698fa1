"""An index for an encoder whose weights are random: made-up vectors over as many products.

What the vectors say does not matter to the time that a request takes; their number, dimension and
clusters do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from index_builder.build import BuildOptions, build_index
from twinset.artefacts import read_manifest
from twinset.catalogue import CatalogueWriter
from twinset.embeddings import EmbeddingsWriter
from twinset.encoders.encoder import ItemVectors
from twinset.encoders.encoder_folder import ENCODER_MANIFEST

ITEMS = 37_774
_ATTRIBUTES = ("gender", "masterCategory", "articleType", "baseColour", "season", "usage")
# Items per cluster, and how far they lie from its centre: as real product pictures do.
_PER_CLUSTER, _SPREAD = 40, 0.7
_BLOCK = 50_000


@dataclass(frozen=True)
class _Identity:
    name: str
    fingerprint: str
    dimension: int
    text_template: str = "{title}"


def make_index(encoder_dir: Path, out: Path, count: int = ITEMS) -> Path:
    """An index folder that `twinset serve` takes with this encoder; kept from run to run."""
    manifest = read_manifest(encoder_dir, "encoder", ENCODER_MANIFEST)
    marker = out / "encoder"
    if marker.is_file() and marker.read_text() == manifest["fingerprint"]:
        return out
    encoder = _Identity(manifest["name"], manifest["fingerprint"], manifest["dimension"])
    ids = [str(number) for number in range(count)]
    vectors = clustered(count, encoder.dimension)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with CatalogueWriter(
            folder / "c.parquet", dict.fromkeys(_ATTRIBUTES, pa.string()), None
        ) as writer:
            for item in ids:
                values = {name: f"{name} {int(item) % 7}" for name in _ATTRIBUTES}
                writer.write({"id": item, "title": f"Product {item}", **values})
        with EmbeddingsWriter(folder / "e", count, encoder) as embeddings:
            embeddings.write(ids, ItemVectors(vectors, vectors, vectors))
        build_index(folder / "e", folder / "c.parquet", out, BuildOptions(min_recall=0))
    marker.write_text(encoder.fingerprint)
    return out


def clustered(count: int, dimension: int) -> NDArray[np.float32]:
    """Unit rows (count, dimension) in clusters, the same on every run."""
    generator = np.random.default_rng(0)
    clusters = max(1, count // _PER_CLUSTER)
    centres = generator.standard_normal((clusters, dimension), np.float32)
    vectors = generator.standard_normal((count, dimension), np.float32)
    chosen = generator.integers(0, clusters, count)
    for start in range(0, count, _BLOCK):  # else a million rows would take three times their size
        block = vectors[start : start + _BLOCK]
        block *= _SPREAD
        block += centres[chosen[start : start + _BLOCK]]
        block /= np.linalg.norm(block, axis=1, keepdims=True)
    return vectors
