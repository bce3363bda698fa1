"""Import of a shop's products into a catalogue (`twinset.catalogue`).

The source is read twice, a row at a time. The first pass leaves images out and learns what needs
all rows: the type of each attribute and which names stand for one style in several colours. The
second builds, checks and writes the rows. Bad rows are listed in a report and left out.
"""

from importer.import_options import ImportOptions, ImportReport
from importer.pipeline import import_catalogue

__all__ = ["ImportOptions", "ImportReport", "import_catalogue"]
