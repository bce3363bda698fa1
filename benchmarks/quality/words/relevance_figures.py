"""What `relevance` is worth: its calibration error, and what it refuses.

    python -m benchmarks.quality.words.relevance_figures ENCODER INDEX EMBEDDINGS [--queries 500]

INDEX is a version of the catalogue that EMBEDDINGS were exported from, built with `--encoder`. Both
tables ask about products whose names the encoder was not trained on, drawn apart from those that
the curves of the index were fitted on. The first has the error by kind of query (Naeini et al.,
2015), over the first 30 places of each list and ten items at random; texts are also told apart by
how many values they name. The second asks the recommender, with `min_relevance` 0.5, for half as
many phrases and half as many names as `--queries` says, and for 200 texts that no fashion shop
answers: those of `nonsense.txt`, and as many of letters, keys and signs at random.
"""

from __future__ import annotations

import argparse
import asyncio
import string
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from app.observability.prometheus_metrics import Metrics
from app.recommend.query import SearchQuery
from app.recommend.recommender import Recommender
from app.settings import Settings
from benchmarks.markdown_report import MarkdownTable, show
from index_builder.relevance.calibrate import QUERIES, Shop, collect_hits, titles_of, word_searches
from index_builder.relevance.calibration_queries import names, phrases
from twinset.artefacts import read_manifest
from twinset.embeddings import open_embeddings
from twinset.encoders import load_encoder
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.index.index_versions import open_version
from twinset.index.vector_index import Mask, Rows
from twinset.name_split import kept_out_names
from twinset.relevance.calibration import Curve, Numbers, calibration_error
from twinset.relevance.relevance_curves import FITS, TEXT, RelevanceCurves
from twinset.relevance.wished_scores import without_wishes
from twinset.words.query.parts import EVERYTHING
from twinset.words.query.reader import Reader
from twinset.words.synonyms.synonyms import default_synonyms

_NONSENSE = Path(__file__).with_name("nonsense.txt")
_TEXTS = 200
_DEPTH = 30
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SIGNS = ".,:;!?#@%&*()[]<>/|=+~^-_"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("encoder", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--queries", type=int, default=500)
    given = parser.parse_args()
    encoder, version = load_encoder(given.encoder, "cpu"), open_version(given.index)
    version.require_encoder(encoder)
    shop = Shop.of(version, np.asarray(open_embeddings(given.embeddings).image), encoder)
    if shop is None:
        raise SystemExit("the catalogue does not say what kinds its items are")
    record = read_manifest(given.encoder, "encoder", ENCODER_MANIFEST).get("training")
    kept_out = shop.asking(kept_out_names(titles_of(version), record))
    # The first that a build draws with this seed are those that it fits its curves on.
    asking = np.random.default_rng(0).permutation(kept_out)[QUERIES:]
    curves = RelevanceCurves.from_manifest(version.manifest.get("relevance"))
    recommender = Recommender(encoder, version, Settings(index=given.index), Metrics())
    try:
        refused = asyncio.run(_refused(recommender, shop, asking[: given.queries // 2]))
        show(_errors(shop, curves, asking[: given.queries]), refused)
    finally:
        recommender.close()


def _errors(shop: Shop, curves: RelevanceCurves, rows: Rows) -> MarkdownTable:
    hits = collect_hits(shop, rows, np.random.default_rng(1))
    table = MarkdownTable("kind of query", "items judged", "relevant", "calibration error")
    for kind, scores in hits.scores.items():
        curve = curves.of(kind)
        if curve is not None:
            right = np.array(hits.relevant[kind])
            error = calibration_error(curve(scores), right)
            table.add(kind, f"{len(scores):,}", f"{right.mean():.3f}", f"{error:.3f}")
    curve = curves.of(TEXT)
    if curve is not None:
        _errors_by_count(shop, curve, rows, table)
    return table


def _errors_by_count(shop: Shop, curve: Curve, rows: Rows, table: MarkdownTable) -> None:
    asked = list(phrases(shop.fields, rows, np.random.default_rng(2)))
    by_count: dict[int, list[tuple[Numbers, Mask]]] = defaultdict(list)
    for query, _, search, wishes in word_searches(shop, _reader(shop), asked):
        found = search.nearest(_DEPTH, None)
        said = curve(without_wishes([score for _, score in found], wishes))
        by_count[len(wishes)].append((said, query.relevant[[row for row, _ in found]]))
    for count in sorted(by_count):
        said, right = (np.concatenate(side) for side in zip(*by_count[count], strict=True))
        error = f"{calibration_error(said, right):.3f}"
        table.add(f"text of {count} values", f"{len(said):,}", f"{right.mean():.3f}", error)


def _reader(shop: Shop) -> Reader:
    return Reader(shop.words, default_synonyms())


async def _refused(recommender: Recommender, shop: Shop, rows: Rows) -> MarkdownTable:
    draw = np.random.default_rng(2)
    titles = {row: str(shop.version.items.item(row).get("title") or "") for row in rows.tolist()}
    reader = _reader(shop)
    texts = {
        "names": [query.text for query in names(shop.fields, rows, titles)],
        "phrases": [query.text for query in phrases(shop.fields, rows, draw)],
        "nonsense": list(nonsense(_TEXTS, draw)),
    }
    by_parts: dict[int, list[str]] = defaultdict(list)
    for text in texts["phrases"]:
        by_parts[len(reader.read(text).parts)].append(text)
    table = MarkdownTable("texts", "asked", "answered with nothing at 0.5")
    groups = {f"phrases of {count} values": by_parts[count] for count in sorted(by_parts)}
    for name, asked in {**texts, **groups}.items():
        share = await _share_refused(recommender, asked)
        table.add(name, len(asked), f"{share:.3f}")
    return table


async def _share_refused(recommender: Recommender, texts: Sequence[str]) -> float:
    query = SearchQuery(limit=1, min_relevance=FITS)
    pages = [await recommender.by_text(text, query, EVERYTHING) for text in texts]
    return float(np.mean([not page.hits for page in pages]))


def nonsense(count: int, draw: np.random.Generator) -> Iterator[str]:
    """`count` texts without an answer: the topics of `nonsense.txt`, and gibberish."""
    lines = _NONSENSE.read_text(encoding="utf-8").splitlines()
    topics = [line for line in lines if line and not line.startswith("#")][:count]
    yield from topics
    for number in range(count - len(topics)):
        if number % 4 == 0:
            yield "".join(draw.choice(list(_SIGNS), draw.integers(1, 6)))
            continue
        letters = _KEYS[number % 3] if number % 2 else string.ascii_lowercase
        words = [draw.choice(list(letters), draw.integers(3, 10)) for _ in range(number % 3 + 1)]
        yield " ".join("".join(word) for word in words)


if __name__ == "__main__":
    main()
