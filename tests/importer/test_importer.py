import base64
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from importer import ImportOptions, ImportReport, import_catalogue
from importer.column_mapping import Choices
from importer.import_options import SourceFormat
from twinset import cli
from twinset.catalogue import Catalogue
from twinset.errors import CatalogueError


def jpeg(mode: str = "RGB", size: tuple[int, int] = (60, 80)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, "JPEG")
    return file.getvalue()


JPEG = jpeg()


def import_text(tmp_path: Path, name: str, text: str | bytes, **options: Any) -> ImportReport:
    source = tmp_path / name
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    named = {name: options.pop(name) for name in ("mapping", "category") if name in options}
    chosen = ImportOptions(columns=Choices(**named), **options)
    return import_catalogue(source, tmp_path / "out.parquet", chosen)


def rows(tmp_path: Path, *columns: str) -> list[Any]:
    """Values of the imported catalogue: of one column a list, of several a list of tuples."""
    table = Catalogue(tmp_path / "out.parquet").rows()
    values = list(zip(*(table[name].to_pylist() for name in columns), strict=True))
    return [value for (value,) in values] if len(columns) == 1 else values


def rejections(report: ImportReport) -> list[tuple[int, str | None, str]]:
    if report.report is None:
        return []
    entries = map(json.loads, report.report.read_text().splitlines())
    return [(entry["line"], entry["id"], entry["reason"]) for entry in entries]


def csv_text(*lines: Sequence[object]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(lines)
    return file.getvalue()


def kaggle_folder(tmp_path: Path, *lines: str) -> Path:
    header = (
        "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
        "productDisplayName"
    )
    folder = tmp_path / "kaggle"
    (folder / "images").mkdir(parents=True)
    (folder / "styles.csv").write_text("\n".join([header, *lines]) + "\n")
    return folder


def test_kaggle_folder(tmp_path: Path) -> None:
    folder = kaggle_folder(
        tmp_path,
        "1,Men,Apparel,Topwear,Shirts,Blue,Summer,2012,Casual,Turtle Men Check Blue Shirt",
        "2,Men,Apparel,Topwear,Shirts,Red,NA,2012,NA,Turtle Men Shirt, Tie, and Belt",
        "3,Men,Apparel,Topwear,Shirts,Red,Summer,2012,Casual,Lost Picture",
        "4,Men,Apparel",
        "5,Men,Apparel,Topwear,Shirts,Grey,Summer,,Casual,",
    )
    for name in ("1", "2", "5"):
        (folder / "images" / f"{name}.jpg").write_bytes(jpeg("L"))
    report = import_catalogue(folder, tmp_path / "out.parquet")
    assert report.category == "articleType"
    assert rejections(report) == [(5, "4", "wrong number of fields")]
    assert report.warnings == {"image is missing": 1}
    assert (report.accepted, report.pictures) == (4, 3)
    assert rows(tmp_path, "id", "title", "season", "year") == [
        ("1", "Turtle Men Check Blue Shirt", "Summer", 2012),
        ("2", "Turtle Men Shirt, Tie, and Belt", None, 2012),
        ("3", "Lost Picture", "Summer", 2012),
        ("5", "", "Summer", None),
    ]


def test_columns_are_recognised_by_their_usual_names(tmp_path: Path) -> None:
    report = import_text(
        tmp_path,
        "shop.csv",
        "SKU,Product Name,In-Stock,item_group_id,Price,Category,Base Colour\n"
        "a1,Shirt,yes,g1,9.50,Tops,Red\n",
    )
    assert report.category == "Category"
    assert rows(tmp_path, "id", "title", "available", "group_id", "price", "Base_Colour") == [
        ("a1", "Shirt", True, "g1", 9.5, "Red")
    ]


def test_an_empty_column_leaves_its_place_to_the_next_that_fits(tmp_path: Path) -> None:
    text = "id,sku,title,name,price,list price\n,a1,,Shirt,,9.50\n,a2,,Coat,,19.50\n"
    report = import_text(tmp_path, "shop.csv", text)
    assert not report.rejected
    assert rows(tmp_path, "id", "title", "price") == [("a1", "Shirt", 9.5), ("a2", "Coat", 19.5)]


def test_a_price_that_begins_far_below_is_still_the_price(tmp_path: Path) -> None:
    text = "id,title,price\n" + "".join(f"{n},Shirt,\n" for n in range(1200)) + "last,Coat,7\n"
    import_text(tmp_path, "shop.csv", text)
    assert rows(tmp_path, "id", "price")[-1] == ("last", 7.0)


def test_a_mapping_comes_before_usual_names(tmp_path: Path) -> None:
    text = "id,title,name,kind\n1,T,N,Shirt\n"
    mapping = {"title": "name", "type": "kind"}
    report = import_text(tmp_path, "shop.csv", text, mapping=mapping, category="kind")
    assert report.category == "type"
    assert rows(tmp_path, "title", "type", "source_title") == [("N", "Shirt", "T")]


@pytest.mark.parametrize(
    ("options", "text", "reason"),
    [
        ({"mapping": {"title": "nmae"}}, "id,title\n1,t\n", "no column 'nmae'"),
        ({"category": "kind"}, "id,title\n1,t\n", "no column 'kind'"),
        ({}, "number,title\n1,t\n", "no column for the id"),
        ({}, "id,colour\n1,t\n", "no column for the title or the image"),
        ({}, "", "is empty"),
        ({}, b"\xff\xfe\n", "not text in utf-16"),
        ({}, "id;title;price\n1;t;1.299\n2;t;2.499\n", "pass --decimal"),
        ({}, "id,title\n", "the source has no rows"),
        ({}, "id,title\n,a\n,b\n", "2 rows: id is missing; see "),
        ({"images": Path("nowhere")}, "id,title\n1,t\n", "nowhere: is not a folder"),
        ({"format": SourceFormat.PARQUET}, "id,title\n1,t\n", "is not a Parquet file"),
        ({"max_loss": 0.05}, "id,title\n1,t\n,t\n", "50.0% of the rows were rejected"),
    ],
)
def test_sources_that_cannot_be_used(
    tmp_path: Path, options: dict[str, Any], text: str | bytes, reason: str
) -> None:
    with pytest.raises(CatalogueError, match=reason):
        import_text(tmp_path, "shop.csv", text, **options)
    assert not (tmp_path / "out.parquet").exists()


def test_the_source_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="is the source itself"):
        import_text(tmp_path, "out.parquet", "id,title\n1,t\n", format=SourceFormat.CSV)


def test_bad_csv_rows(tmp_path: Path) -> None:
    report = import_text(
        tmp_path,
        "shop.csv",
        b"id,title,price,available\n"
        b"1,gr\xc3\xb6\xc3\x9fer \xc3\xbcber \xc3\xa4rmel,1.5,1\n"
        b",no id,1,1\n"
        b"1,twice,1,1\n"
        b"3,,1,1\n"
        b"4,too,many,of,them\n"
        b"5,\xff\xfe,1,1\n"
        b"6,p,free,1\n"
        b"7,p,-1,1\n"
        b"8,p,inf,1\n"
        b"9,p,1,perhaps\n" + b"x" * 257 + b",long id,1,1\n"
        b"10,good,,\n",
    )
    assert (report.accepted, rows(tmp_path, "id")) == (6, ["1", "6", "7", "8", "9", "10"])
    assert rows(tmp_path, "price", "available")[1:5] == [
        (None, True),
        (None, True),
        (None, True),
        (1.0, None),
    ]
    assert report.warnings == {
        "price is not a number": 2,
        "price is negative": 1,
        "available is neither yes nor no": 1,
    }
    assert [(line, reason) for line, _, reason in rejections(report)] == [
        (3, "id is missing"),
        (4, "id is a duplicate"),
        (5, "neither title nor image"),
        (6, "wrong number of fields"),
        (7, "neither title nor image"),
        (12, "id is longer than 256 bytes"),
    ]


def test_a_stray_quote_costs_one_row(tmp_path: Path) -> None:
    text = 'id,title,size\n1,"two\nlines",S\n2,"open,M\n3,fine,L\n4,"quo""ted",S\n5,"a" b,"L\n'
    report = import_text(tmp_path, "shop.csv", text)
    assert rows(tmp_path, "title", "size") == [
        ("two lines", "S"),
        ("fine", "L"),
        ('quo"ted', "S"),
        ("a b", "L"),
    ]
    assert [line for line, _, _ in rejections(report)] == [4]


def test_semicolons_and_a_byte_order_mark(tmp_path: Path) -> None:
    import_text(tmp_path, "shop.csv", "\ufeffid;title\n1;Shirt, red\n")
    assert rows(tmp_path, "title") == ["Shirt, red"]


def test_attribute_types_follow_the_whole_column(tmp_path: Path) -> None:
    text = csv_text(
        ["id", "title", "year", "weight", "organic", "code", "mixed", "empty"],
        ["1", "t", "2024", "1", "yes", "007", "1", ""],
        ["2", "t", "", "0.5", "no", "12", "one", ""],
    )
    import_text(tmp_path, "shop.csv", text)
    assert rows(tmp_path, "year", "weight", "organic", "code", "mixed") == [
        (2024, 1.0, True, "007", "1"),
        (None, 0.5, False, "12", "one"),
    ]
    assert "empty" not in Catalogue(tmp_path / "out.parquet").attributes


def test_typed_sources_keep_their_types(tmp_path: Path) -> None:
    lines = [{"id": 1, "title": "t", "size": "38", "tags": ["a", "b"], "x": 1}, {"id": 2.0}]
    lines[1] |= {"title": "t", "x": 2.5}
    import_text(tmp_path, "shop.jsonl", "\n".join(map(json.dumps, lines)))
    assert rows(tmp_path, "id", "size", "tags", "x") == [
        ("1", "38", ["a", "b"], 1.0),
        ("2", None, None, 2.5),
    ]


def test_bad_jsonl_rows(tmp_path: Path) -> None:
    lines = [
        b'{"id": "1", "title": "good"}',
        b"",
        b"{",
        b"[1]",
        b'{"id": "2", "title": "\xff"}',
        b'{"id": "3", "title": "\\ud800"}',
        b'{"id": "4", "title": "t", "price": NaN}',
        b'{"id": "5", "title": "t", "extra": {"a": 1}}',
        b'{"id": "6", "title": "t", "price": 1e999}',
        b'{"id": "7\\u0000", "title": "t"}',
        b"[" * 100_000,
    ]
    report = import_text(tmp_path, "shop.jsonl", b"\n".join(lines))
    assert rows(tmp_path, "id") == ["1", "4", "5", "6"]
    assert report.warnings == {"price is not a number": 2}
    assert [(line, reason) for line, _, reason in rejections(report)] == [
        (3, "line is not valid JSON"),
        (4, "line is not a JSON object"),
        (5, "text is not valid UTF-8"),
        (6, "neither title nor image"),
        (10, "id has control characters"),
        (11, "line is not valid JSON"),
    ]


def test_ids_that_have_no_address_of_their_own(tmp_path: Path) -> None:
    ids = ["a/image", "a", "image", "b/similar", "..", ".", "c/images"]
    lines = [json.dumps({"id": one, "title": "t"}) for one in ids]
    report = import_text(tmp_path, "shop.jsonl", "\n".join(lines))
    assert rows(tmp_path, "id") == ["a", "image", "c/images"]
    reserved = "id ends in /image or /similar, which are addresses of the service"
    dots = "id is . or .., which no client sends as they are"
    reasons = [(line, reason) for line, _, reason in rejections(report)]
    assert reasons == [(1, reserved), (4, reserved), (5, dots), (6, dots)]


def test_base64_images(tmp_path: Path) -> None:
    text = base64.b64encode(JPEG).decode()
    images = {
        "1": text,
        "2": f"data:image/jpeg;base64,{text}",
        "3": "shirt.jpg",
        "4": base64.b64encode(JPEG[:-400]).decode(),
        "5": base64.b64encode(b"<svg/>").decode(),
        "6": base64.b64encode(jpeg(size=(60, 4))).decode(),
        "7": None,
    }
    lines = [json.dumps({"id": key, "title": "t", "image": value}) for key, value in images.items()]
    report = import_text(tmp_path, "shop.jsonl", "\n".join(lines))
    pictures = list(Catalogue(tmp_path / "out.parquet").images())
    assert pictures == [JPEG, JPEG, None, None, None, None, None]
    assert report.warnings == {
        "image is missing": 1,
        "image is damaged or incomplete": 1,
        "image is not JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC": 1,
        "image has a side that is too short or too long": 1,
    }


def test_image_paths(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.jpg").write_bytes(JPEG)
    (tmp_path / "outside.jpg").write_bytes(JPEG)
    text = "id,image_path\n1,a.jpg\n2,../outside.jpg\n3,b.jpg\n4,\n"
    report = import_text(tmp_path, "shop.csv", text, images=pictures)
    assert list(Catalogue(tmp_path / "out.parquet").images()) == [JPEG]
    assert [reason for _, _, reason in rejections(report)] == ["neither title nor image"] * 3


def test_a_folder_of_parquet_files(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    for n in range(2):
        table = pa.table({"id": [n, n + 1], "name": ["a", "b"], "image": [JPEG, None]})
        pq.write_table(table, folder / f"products-{n}.parquet")
    pq.write_table(pa.table({"id": [0], "image": [JPEG]}), folder / "photos.parquet")
    report = import_catalogue(folder, tmp_path / "out.parquet")
    assert report.skipped == ("photos.parquet",)
    assert rows(tmp_path, "id") == ["0", "1", "2"]
    assert list(Catalogue(tmp_path / "out.parquet").images()) == [JPEG, None, None]
    assert rejections(report) == [(1, "1", "id is a duplicate")]


def test_undecodable_text_in_parquet(tmp_path: Path) -> None:
    titles = pa.array([b"good", b"\xff"]).cast(pa.string(), safe=False)
    source = tmp_path / "shop.parquet"
    pq.write_table(pa.table({"id": ["1", "2"], "title": titles}), source)
    report = import_catalogue(source, tmp_path / "out.parquet")
    assert rejections(report) == [(2, None, "text is not valid UTF-8")]


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    text = "id,title,colour\n1,Blue Puma Coupe Shoe,Blue\n2,Red Puma Coupe Shoe,Red\n"
    import_text(tmp_path, "shop.csv", text)
    first = (tmp_path / "out.parquet").read_bytes()
    import_catalogue(tmp_path / "shop.csv", tmp_path / "out.parquet")
    assert (tmp_path / "out.parquet").read_bytes() == first


def test_an_old_report_does_not_stay(tmp_path: Path) -> None:
    assert import_text(tmp_path, "shop.csv", "id,title\n1,t\n2,\n").report is not None
    assert import_text(tmp_path, "shop.csv", "id,title\n1,t\n").report is None
    assert not list(tmp_path.glob("*.rejected.jsonl"))


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "shop.csv"
    source.write_text("no,title\n1,t\n2,\n3,\n,t\n")
    out = tmp_path / "out.parquet"
    assert cli.run(["import", str(source), str(out), "--map", "id=no"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"1 products in {out}, category: none",
        "from delimited text: 0 with picture, 0 with price, 0 sold out, 0 groups",
        "no column was taken as the picture; name it with --map image_path=...",
        "no column was taken as the price; name it with --map price=...",
        f"3 rows rejected, listed in {out}.rejected.jsonl:",
        "        2  neither title nor image",
        "        1  id is missing",
    ]


@pytest.mark.parametrize("pair", ["id", "=no", "id="])
def test_a_bad_mapping_is_a_usage_error(pair: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["import", "a", "b", "--map", pair]) == 2
    assert "--map: give it as NAME=COLUMN" in capsys.readouterr().err
