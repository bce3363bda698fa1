"""What a catalogue says of itself: when its feed was written, which words are embedded."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from importer import ImportOptions, import_catalogue
from index_builder.build import BuildOptions, build_index
from index_builder.build_inputs import open_inputs
from training.export.embed_catalogue import embed_catalogue
from twinset.catalogue import Catalogue
from twinset.embeddings import open_embeddings
from twinset.encoders.hash_encoder import HashEncoder
from twinset.errors import ArtefactError, CatalogueError
from twinset.index.index_versions import open_version
from twinset.live.catch_up import Embedder, start
from twinset.live.write_log import Entry, WriteLog
from twinset.text.word_template import render_texts


def import_text(tmp_path: Path, name: str, text: str, words: str | None = None) -> None:
    (tmp_path / name).write_text(text)
    import_catalogue(tmp_path / name, tmp_path / "out.parquet", ImportOptions(words=words))


FEED = """<rss version="2.0"><channel><title>Merrow</title>{date}<item><id>1</id>
<title>Hat</title><pubDate>Sat, 01 Jan 2028 00:00:00 GMT</pubDate></item></channel></rss>"""


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("<lastBuildDate>Tue, 03 Feb 2026 04:05:06 +0100</lastBuildDate>", "2026-02-03T03:05:06"),
        ("<updated>2026-02-03T04:05:06Z</updated>", "2026-02-03T04:05:06"),
        ("<lastBuildDate>soon</lastBuildDate>", "2025-05-06T07:08:09"),
        ("", "2025-05-06T07:08:09"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_catalogue_says_when_its_feed_was_written(
    tmp_path: Path, date: str, expected: str, packed: bool
) -> None:
    data = FEED.format(date=date).encode()
    source = tmp_path / ("feed.xml.gz" if packed else "feed.xml")
    source.write_bytes(gzip.compress(data) if packed else data)
    moment = datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC).timestamp()
    os.utime(source, (moment, moment))
    report = import_catalogue(source, tmp_path / "out.parquet")
    said = Catalogue(tmp_path / "out.parquet").notes.as_of
    assert said is not None
    assert said.isoformat() == report.as_of == f"{expected}+00:00"


def test_the_words_that_are_embedded_are_chosen(tmp_path: Path) -> None:
    text = (
        "id,title,farbe,marke,kategorie,description\n1,Hut,rot,Filz & Co,Hüte,Sehr warm\n"
        "2,Kappe,blau,,Hüte,\n"
    )
    words = "{title}, {kind}, {colour}, {material}, {brand}. {description:.4}"
    import_text(tmp_path, "shop.csv", text, words=words)
    catalogue = Catalogue(tmp_path / "out.parquet")
    template = catalogue.notes.text_template
    assert template == "{title}, {kategorie}, {farbe}, , {marke}. {description:.4}"
    texts = render_texts(template, catalogue.rows())
    assert texts == ["Hut, Hüte, rot, Filz & Co. Sehr", "Kappe, Hüte, blau"]
    export = embed_catalogue(HashEncoder(16), catalogue, tmp_path / "out")
    assert export.items == 2
    assert open_embeddings(tmp_path / "out").text_template == template
    inputs = open_inputs(tmp_path / "out", catalogue.path)
    assert inputs.embeddings.text_template == template
    import_text(tmp_path, "shop.csv", text)
    with pytest.raises(CatalogueError, match="no column 'form'; there are: title, description"):
        import_text(tmp_path, "shop.csv", text, words="{title} {form}")
    with pytest.raises(CatalogueError, match="braces"):
        import_text(tmp_path, "shop.csv", text, words="{title")


def test_vectors_of_other_words_are_refused(tmp_path: Path) -> None:
    text = "id,title,colour\n1,Hat,red\n"
    import_text(tmp_path, "shop.csv", text)
    catalogue = tmp_path / "out.parquet"
    embed_catalogue(HashEncoder(16), Catalogue(catalogue), tmp_path / "out")
    import_text(tmp_path, "shop.csv", text, words="{title}, {colour}")
    with pytest.raises(ArtefactError, match="was made of other words"):
        open_inputs(tmp_path / "out", catalogue)


def test_a_live_write_embeds_the_words_of_the_version(tmp_path: Path) -> None:
    encoder = HashEncoder(16)
    needed = {}
    for words in (None, "{title}, {colour}"):
        import_text(tmp_path, "shop.csv", "id,title,colour\n1,Hat,red\n2,Cap,blue\n", words)
        catalogue, out, index = tmp_path / "out.parquet", tmp_path / "out", tmp_path / f"i{words}"
        embed_catalogue(encoder, Catalogue(catalogue), out, replace=True)
        build_index(out, catalogue, index, BuildOptions())
        base, log = open_version(index), WriteLog(index)
        write = Entry("1", "patch", {"colour": "green"})
        needed[words] = Embedder(encoder, log).needed(start(base, log), [write])
    assert needed[None] == {}
    (vector,) = needed["{title}, {colour}"].values()
    (expected,) = encoder.encode_items([None], ["Hat, green"]).item
    np.testing.assert_array_equal(vector, expected)
