import io
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twinset.catalogue import (
    METADATA_KEY,
    ROWS_PER_GROUP,
    Catalogue,
    CatalogueWriter,
    require_writable,
)
from twinset.errors import CatalogueError
from twinset.text.word_template import render_texts

ATTRIBUTES = {"colour": pa.string(), "year": pa.int64()}


def write(path: Path, *rows: Mapping[str, Any], category: str | None = "colour") -> Catalogue:
    with CatalogueWriter(path, ATTRIBUTES, category) as writer:
        for row in rows:
            writer.write(row)
    return Catalogue(path)


def write_raw(path: Path, columns: Mapping[str, Any], metadata: bytes | None) -> Path:
    table = pa.table(dict(columns))
    if metadata is not None:
        table = table.replace_schema_metadata({METADATA_KEY: metadata})
    pq.write_table(table, path)
    return path


def test_round_trip(tmp_path: Path) -> None:
    row = {"id": "a", "title": "Red shirt", "price": 9.5, "available": True, "year": 2024}
    catalogue = write(tmp_path / "c.parquet", row | {"colour": "Red", "image": b"jpeg"})
    assert len(catalogue) == 1
    assert catalogue.category == "colour"
    assert catalogue.attributes == ["colour", "year"]
    assert catalogue.rows(["id", "price", "colour"]).to_pylist() == [
        {"id": "a", "price": 9.5, "colour": "Red"}
    ]
    assert list(catalogue.images()) == [b"jpeg"]


def test_rows_leave_images_out(tmp_path: Path) -> None:
    catalogue = write(tmp_path / "c.parquet", {"id": "a", "title": "", "image": b"jpeg"})
    assert "image" not in catalogue.rows().column_names
    assert catalogue.rows(["id", "image"]).column_names == ["id"]


def test_images_are_read_one_group_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": str(n), "title": "t", "image": b"%d" % n} for n in range(2 * ROWS_PER_GROUP)]
    catalogue = write(tmp_path / "c.parquet", *rows)
    groups: list[int] = []
    read = pq.ParquetFile.read_row_group

    def counted(self: pq.ParquetFile, group: int, columns: list[str]) -> pa.Table:
        groups.append(group)
        return read(self, group, columns=columns)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    images = catalogue.images()
    assert next(images) == b"0"
    assert groups == [0]
    assert sum(1 for _ in images) == 2 * ROWS_PER_GROUP - 1
    assert groups == [0, 1]


def test_image_paths_stay_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (folder / "a.jpg").write_bytes(b"picture")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    secret = str(tmp_path / "secret.jpg")
    paths = ["a.jpg", "../secret.jpg", secret, "link.jpg", "missing.jpg", "a\0.jpg", ".", "", None]
    rows = [{"id": str(n), "title": "t", "image_path": path} for n, path in enumerate(paths)]
    assert list(write(folder / "c.parquet", *rows).images()) == [b"picture", *[None] * 8]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    write(path, {"id": "old", "title": "t"})
    with pytest.raises(pa.ArrowException):  # noqa: SIM117 - the error comes when the block ends
        with CatalogueWriter(path, ATTRIBUTES, None) as writer:
            writer.write({"id": "new", "title": "t", "year": "not a number"})
    assert Catalogue(path).rows(["id"]).to_pylist() == [{"id": "old"}]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [None, b"", b"PAR1 is not enough", b"id,title\n"])
def test_files_that_are_not_parquet(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CatalogueError, match=r"c\.parquet: "):
        Catalogue(path)


GOOD = {"id": ["a"], "title": ["t"]}
METADATA = b'{"schema_version": 1, "category": null}'


@pytest.mark.parametrize(
    ("columns", "metadata", "reason"),
    [
        (GOOD, None, "is not a catalogue"),
        (GOOD, b"{", "another version"),
        (GOOD, b"[]", "another version"),
        (GOOD, b'{"schema_version": 99}', "another version"),
        (GOOD, b'{"schema_version": 1, "category": "type"}', "category 'type'"),
        ({"id": ["a"]}, METADATA, "no column 'title'"),
        ({"id": [1], "title": ["t"]}, METADATA, "column 'id' is int64"),
        (GOOD | {"sizes": [[1, 2]]}, METADATA, "column 'sizes' is list"),
    ],
)
def test_bad_columns(
    tmp_path: Path, columns: dict[str, Any], metadata: bytes | None, reason: str
) -> None:
    with pytest.raises(CatalogueError, match=reason):
        Catalogue(write_raw(tmp_path / "c.parquet", columns, metadata))


def test_damage_beyond_the_footer(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    write(path, *({"id": str(n), "title": f"t{n}", "image": b"%d" % n} for n in range(500)))
    data = bytearray(path.read_bytes())
    footer = io.BytesIO(data).getbuffer().nbytes - int.from_bytes(data[-8:-4], "little") - 8
    data[4:footer] = bytes(footer - 4)
    path.write_bytes(data)
    catalogue = Catalogue(path)
    with pytest.raises(CatalogueError, match="is damaged"):
        catalogue.rows()
    with pytest.raises(CatalogueError, match="is damaged"):
        list(catalogue.images())


def test_texts() -> None:
    rows = pa.table({"title": ["Red shirt", "", None], "usage": ["Casual", None, None]})
    assert render_texts("{title}. {usage}. {missing}", rows) == ["Red shirt. Casual", None, None]
    assert render_texts("{title}", rows) == ["Red shirt", None, None]


def test_texts_with_blanks_lists_and_the_beginning_of_a_field() -> None:
    rows = pa.table(
        {
            "title": ["Wrap dress", "Sock"],
            "colour": [["red", "ink"], None],
            "brand": [None, "Fjell"],
            "description": ["Falls to the knee.", None],
        }
    )
    template = "{title}, {colour}, {brand}. {description:.8}"
    assert render_texts(template, rows) == ["Wrap dress, red, ink, Falls to", "Sock, Fjell"]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    image = random.Random(0).randbytes(9999)  # as little compressible as a picture
    path = write(tmp_path / "c.parquet", {"id": "a", "title": "shirt", "image": image}).path
    data = bytearray(path.read_bytes())
    data[data.index(image[:99]) + 7] ^= 1
    path.write_bytes(data)
    with pytest.raises(CatalogueError, match="is damaged"):
        list(Catalogue(path).images())


@pytest.mark.parametrize("out", ["folder", "file/c.parquet", ""])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises((CatalogueError, OSError)):
        require_writable(Path(out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
