"""Import of a shop's products into a catalogue (`twinset.catalogue`), from any shop's feed.

A feed is fetched, unpacked and recognised by its content. It is read twice, a row at a time: the
first pass leaves pictures out and learns what needs all rows, such as the type of each attribute
and the decimal mark of prices; the second builds, checks and writes the rows.

Example:
    >>> report = import_catalogue("https://shop.example/feed.xml", Path("catalog.parquet"))
    >>> report.system, report.accepted, report.pictures
"""

from importer.import_options import ImportOptions, ImportReport
from importer.pipeline import import_catalogue, inspect_source

__all__ = ["ImportOptions", "ImportReport", "import_catalogue", "inspect_source"]
