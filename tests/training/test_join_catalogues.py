"""Catalogues joined for training."""

import pyarrow as pa
import pytest

from training.data.join_catalogues import join_catalogues
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.errors import CatalogueError


def make(path, prefix, extra):
    with CatalogueWriter(path, {"colour": pa.string(), extra: pa.string()}, "colour") as writer:
        for number in range(3):
            row = {"id": f"{prefix}{number}", "title": f"{prefix} {number}", "image": b"picture"}
            writer.write(row | {"colour": "Red", extra: "something"})
    return path


def test_products_stand_in_order_with_the_attributes_that_all_have(tmp_path):
    first, second = (
        make(tmp_path / "a.parquet", "a", "cut"),
        make(tmp_path / "b.parquet", "b", "size"),
    )
    out = tmp_path / "out.parquet"
    assert join_catalogues(out, [first, second]) == 6
    joined = Catalogue(out)
    assert joined.rows(["id"])["id"].to_pylist() == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert joined.attributes == ["colour"]
    assert joined.category == "colour"
    assert list(joined.images()) == [b"picture"] * 6


def test_an_id_that_comes_twice_is_refused(tmp_path):
    source = make(tmp_path / "a.parquet", "a", "cut")
    with pytest.raises(CatalogueError, match="'a0'"):
        join_catalogues(tmp_path / "out.parquet", [source, source])
    assert not (tmp_path / "out.parquet").exists()
