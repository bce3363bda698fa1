"""What ten hard queries find: a Markdown table, and a picture of the grid.

    python -m benchmarks.quality.hard_queries CATALOGUE --embeddings EMB [QUERY...]

Without queries, ten that ask for what words say and small pictures hardly show.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from twinset.catalogue import Catalogue
from twinset.embeddings import open_embeddings
from twinset.encoders import load_encoder

_QUERIES = (
    "red dress",
    "navy blue striped t-shirt",
    "women's shirt with flowers",
    "white sneakers for running",
    "something warm for winter",
    "party wear in gold",
    "black leather bag for work",
    "not a shoe but a boot",
    "a gift for a boy who likes green",
    "polka dots",
)
_SHOWN = 5
_CELL, _LABEL, _MARGIN = (120, 160), 230, 6


def main(
    catalog: Annotated[Path, typer.Argument()],
    queries: Annotated[list[str] | None, typer.Argument()] = None,
    embeddings: Annotated[Path, typer.Option()] = Path("embeddings"),
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    picture: Annotated[Path | None, typer.Option(help="File for the grid.")] = None,
) -> None:
    """Print the titles that each query finds, best first."""
    asked = queries or list(_QUERIES)
    catalogue, vectors = Catalogue(catalog), open_embeddings(embeddings)
    similarity = load_encoder(encoder).encode_texts(asked) @ vectors.item.T
    found = np.argsort(-similarity, axis=1, kind="stable")[:, :_SHOWN]
    titles = catalogue.rows(["title"])["title"].to_pylist()
    typer.echo("| query | found, best first |\n| --- | --- |")
    for query, rows in zip(asked, found, strict=True):
        typer.echo(f"| {query} | {'; '.join(str(titles[row]) for row in rows)} |")
    if picture is not None:
        draw_grid(asked, found, catalogue).save(picture, quality=82, optimize=True)


def draw_grid(queries: list[str], found: NDArray[np.int64], catalogue: Catalogue) -> Image.Image:
    """One row per query: its words, then the pictures of the rows (q, k) that it found."""
    wanted = set(found.ravel().tolist())
    images = {row: data for row, data in enumerate(catalogue.images()) if row in wanted and data}
    width = _LABEL + _SHOWN * (_CELL[0] + _MARGIN)
    grid = Image.new("RGB", (width, len(queries) * (_CELL[1] + _MARGIN)), "white")
    pen, font = ImageDraw.Draw(grid), ImageFont.load_default(18)
    for line, (query, rows) in enumerate(zip(queries, found, strict=True)):
        top = line * (_CELL[1] + _MARGIN)
        pen.multiline_text((8, top + 60), _wrap(query, font), "black", font)
        for place, row in enumerate(rows.tolist()):
            if row in images:
                image = Image.open(io.BytesIO(images[row])).convert("RGB")
                image.thumbnail(_CELL)
                grid.paste(image, (_LABEL + place * (_CELL[0] + _MARGIN), top))
    return grid


def _wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    lines = [""]
    for word in text.split():
        if font.getlength(f"{lines[-1]} {word}") > _LABEL - 20:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
