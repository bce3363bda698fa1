"""What queries in other languages find, beside the same queries in English.

    python -m benchmarks.quality.language_figures --catalog CATALOGUE --embeddings EMB

- phrases: kinds, colours and pairs of them in eleven languages (`training.languages`), none of
  their words trained on in another language than English; each text takes the way that a query
  takes. P@10, and in brackets its share of the English;
- languages found: the share of phrases whose language is found, and that are not held to be
  English; names, phrases and misspelt phrases of products kept out that are held to be foreign;
- a German catalogue: titles of 200 products put together from the tables, searched in both.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from training.data.split import split_of
from training.languages.slips import slip
from training.languages.translated_phrases import LANGUAGES, Phrase, Word, all_phrases, read_words
from twinset.catalogue import Catalogue
from twinset.embeddings import Embeddings, open_embeddings
from twinset.encoders import load_encoder
from twinset.encoders.dual_encoder import DualEncoder
from twinset.encoders.encoder import Vectors, fuse
from twinset.languages import MultilingualTexts
from twinset.retrieval_metrics import precision_at

_AT = 10
_FEWEST = 20  # items that a phrase must have to be asked for
_TRANSLATED = 200
_QUERIES = 2000
_BLOCK = 64
_GENDERS = {"Men": "Herren", "Women": "Damen", "Boys": "Jungen", "Girls": "Mädchen"}
Mask = NDArray[np.bool_]
Columns = dict[str, NDArray[np.str_]]


def main(
    catalog: Annotated[Path, typer.Option()],
    embeddings: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
) -> None:
    """Print the tables of docs/model.md."""
    loaded = load_encoder(encoder)
    if not isinstance(loaded, DualEncoder) or loaded.languages is None:
        raise typer.BadParameter(f"{encoder} knows no other language than English")
    catalogue, vectors, console = Catalogue(catalog), open_embeddings(embeddings), Console()
    asked = list(phrases_of(columns_of(catalogue)))
    console.print(phrases_table(loaded, vectors.item, asked))
    console.print(detection_table(loaded.languages, catalogue, [one for one, _ in asked]))
    console.print(german_catalogue_table(loaded, vectors, catalogue))


def columns_of(catalogue: Catalogue) -> Columns:
    """The columns that the phrases ask about, as texts; "None" if an item has no value."""
    names = sorted({word.field for word in _all_words()})
    table = catalogue.rows(names)
    return {name: np.array([str(v) for v in table[name].to_pylist()]) for name in names}


def phrases_of(columns: Columns) -> Iterator[tuple[Phrase, Mask]]:
    """The phrases that at least twenty items fit, with these items."""
    for phrase in all_phrases():
        fitting = np.ones(len(next(iter(columns.values()))), bool)
        for word in filter(None, (phrase.colour, phrase.kind)):
            fitting &= np.isin(columns[word.field], sorted(word.values))
        if fitting.sum() >= _FEWEST:
            yield phrase, fitting


def phrases_table(
    encoder: DualEncoder, items: Vectors, asked: Sequence[tuple[Phrase, Mask]]
) -> Table:
    """P@10 of kinds, colours, pairs and all phrases by language."""
    groups: dict[str, list[int]] = {"kinds": [], "colours": [], "pairs": []}
    for place, (phrase, _) in enumerate(asked):
        both = phrase.colour is not None and phrase.kind is not None
        groups["pairs" if both else "colours" if phrase.colour else "kinds"].append(place)
    fitting = np.array([mask for _, mask in asked])
    table = Table(
        "language", *(f"{name} ({len(places)})" for name, places in groups.items()), "mean share"
    )
    english: dict[str, float] = {}
    for code in LANGUAGES:
        rows = encoder.encode_texts([phrase.texts[code] for phrase, _ in asked])
        figures = precisions(rows, items, fitting)
        means = {name: float(figures[places].mean()) for name, places in groups.items()}
        english = english or means
        shares = {name: means[name] / english[name] for name in groups}
        cells = [f"{means[name]:.2f} ({shares[name]:.2f})" for name in groups]
        table.add_row(code, *cells, f"{np.mean(list(shares.values())):.3f}")
    return table


def precisions(rows: Vectors, items: Vectors, fitting: Mask) -> NDArray[np.float64]:
    """P@10 of each query (n, d) among items (k, d), given which of them fit (n, k)."""
    found = []
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        best = np.argpartition(-(rows[part] @ items.T), _AT, axis=1)[:, :_AT]
        found.append(np.take_along_axis(fitting[part], best, 1).mean(axis=1))
    return np.concatenate(found)


def detection_table(
    languages: MultilingualTexts, catalogue: Catalogue, phrases: Sequence[Phrase]
) -> Table:
    """How often a language is found, and how often English is taken for another."""
    table = Table("texts", "count", "language found", "not held to be English")
    for label, texts, code in _detected(catalogue, phrases):
        found = [languages.find(text).code for text in texts]
        right = np.mean([one == code for one in found])
        foreign = np.mean([one != "en" for one in found])
        table.add_row(label, f"{len(texts):,}", f"{right:.3f}", f"{foreign:.4f}")
    return table


def _detected(
    catalogue: Catalogue, phrases: Sequence[Phrase]
) -> Iterator[tuple[str, list[str], str]]:
    rng = random.Random(7)  # noqa: S311 - no secret
    columns = ["title", "gender", "baseColour", "articleType"]
    table = catalogue.rows(columns)
    rows = list(zip(*(table[name].to_pylist() for name in columns), strict=True))
    kept_out = [row for row in rows if split_of(row[0], 0.08, 0.02) != "train"]
    chosen = rng.sample(kept_out, min(_QUERIES // 2, len(kept_out)))
    names = [str(row[0]) for row in chosen]
    asked = [" ".join(rng.sample([v for v in row[1:] if v], 2)).lower() for row in chosen]
    yield "English names", names, "en"
    yield "English phrases", asked, "en"
    yield "English, a slip in each", [slip(one, rng) for one in [*names, *asked]], "en"
    for code in LANGUAGES[1:]:
        yield code, [phrase.texts[code] for phrase in phrases], code


def german_catalogue_table(
    encoder: DualEncoder, vectors: Embeddings, catalogue: Catalogue
) -> Table:
    """P@10 among 200 products whose titles are English, then German."""
    columns = columns_of(catalogue)
    rows, german = german_titles(catalogue, columns)
    images, weight = np.asarray(vectors.image[rows]), encoder.spec.item_image_weight
    shops = {
        "English": np.asarray(vectors.item[rows]),
        "German": fuse(images, encoder.encode_texts(german), weight),
    }
    here = {name: column[rows] for name, column in columns.items()}
    asked = []
    for phrase in all_phrases():
        words = [word for word in (phrase.colour, phrase.kind) if word]
        masks = [np.isin(here[word.field], sorted(word.values)) for word in words]
        if (fitting := np.all(masks, axis=0)).sum() >= _AT:
            asked.append((phrase, fitting))
    table = Table("queries", *(f"{name} titles" for name in shops))
    fitting = np.array([mask for _, mask in asked])
    for label, code in (("English", "en"), ("German", "de")):
        found = encoder.encode_texts([phrase.texts[code] for phrase, _ in asked])
        cells = [f"{precision_at(found @ items.T, fitting, _AT):.3f}" for items in shops.values()]
        table.add_row(f"{label} ({len(asked)})", *cells)
    return table


def german_titles(catalogue: Catalogue, columns: Columns) -> tuple[NDArray[np.int64], list[str]]:
    """200 products of which the tables name colour and kind: their rows, and titles in German such
    as "Puma Herren schwarze Sportschuhe"."""
    table = catalogue.rows(["title", "gender"])
    titles, genders = table["title"].to_pylist(), table["gender"].to_pylist()
    kinds, colours = read_words("kind_words.csv"), read_words("colour_words.csv")
    found: list[tuple[int, str]] = []
    for row in np.random.default_rng(5).permutation(len(titles)).tolist():
        kind = _naming(kinds, columns, row)
        colour = _naming(colours, columns, row)
        gender = _GENDERS.get(str(genders[row]))
        if kind is None or colour is None or gender is None:
            continue
        brand = str(titles[row]).split()[0]
        adjective = colour.words["de"].split("/")[-1]
        found.append((row, f"{brand} {gender} {adjective} {kind.words['de']}"))
        if len(found) == _TRANSLATED:
            break
    return np.array([row for row, _ in found]), [title for _, title in found]


def _naming(words: Sequence[Word], columns: Columns, row: int) -> Word | None:
    return next((word for word in words if columns[word.field][row] in word.values), None)


def _all_words() -> list[Word]:
    return [*read_words("kind_words.csv"), *read_words("colour_words.csv")]


if __name__ == "__main__":
    typer.run(main)
