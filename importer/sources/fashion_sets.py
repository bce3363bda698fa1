"""The public fashion sets: Kaggle's Fashion Product Images and H&M's articles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from importer.reading.records import Record
from importer.sources.system import System

KAGGLE_TABLE = "styles.csv"
KAGGLE_IMAGES = "images"
_NAMES = {
    "article_id": "id",
    "prod_name": "title",
    "detail_desc": "description",
    "product_type_name": "product_type",
    "colour_group_name": "colour",
    "product_code": "group_id",
}


def kaggle_products(records: Iterable[Record]) -> Iterator[Record]:
    """The rows of `styles.csv`, each with its picture at `images/<id>.jpg`."""
    for record in records:
        # The table was written by pandas, whose NA means no value.
        fields = {k: None if v == "NA" else v for k, v in record.fields.items()}
        yield replace(record, fields={**fields, "image_path": f"{fields.get('id', '')}.jpg"})


def hm_products(records: Iterable[Record]) -> Iterator[Record]:
    """The rows of `articles.csv` by the usual names; pictures are found by the article's id."""
    for record in records:
        fields = {_NAMES.get(name, name): value for name, value in record.fields.items()}
        yield replace(record, fields=fields)


KAGGLE = System(
    "Kaggle Fashion Product Images",
    lambda names: (
        {"id", "articletype", "basecolour", "productdisplayname", "mastercategory"} <= names
        and "image" not in names
    ),
    kaggle_products,
)
HM = System("H&M articles", lambda names: {"articleid", "prodname"} <= names, hm_products)
