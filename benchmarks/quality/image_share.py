"""How much of an item's vector should be its picture? The trade behind `item_image_weight`.

    python -m benchmarks.quality.image_share --catalog CATALOGUE --embeddings EMB

The more of the picture, the surer a product's own photo finds it first; the more of the text, the
surer an exact name finds its product. Queries are as in `twinset evaluate`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from training.evaluation.evaluate import evaluate, open_pool
from twinset.catalogue import Catalogue
from twinset.embeddings import open_embeddings
from twinset.encoders.encoder import fuse

_SHARES = (0.7, 0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 1.0)


def main(
    catalog: Annotated[Path, typer.Option()],
    embeddings: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    queries: Annotated[int, typer.Option(min=1)] = 3000,
) -> None:
    """Print the scores of several shares over one set of queries."""
    pool = open_pool(encoder, Catalogue(catalog), open_embeddings(embeddings))
    table = Table("share", "own photo R@1", "name to item R@10", "picture to items P@10")
    for share in _SHARES:
        vectors = pool.embeddings
        item = fuse(vectors.image, vectors.text, share)
        scores = evaluate(replace(pool, embeddings=replace(vectors, item=item)), queries)
        figures = (
            scores["own_photo"]["recall@1"],
            scores["text_to_item"]["recall@10"],
            scores["picture_neighbours"]["precision@10"],
        )
        table.add_row(f"{share:.2f}", *(f"{figure:.3f}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
