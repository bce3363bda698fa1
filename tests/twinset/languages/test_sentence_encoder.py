"""The table of the sentence encoder, read from a file."""

import tempfile

import numpy as np

from twinset.languages.sentence_encoder import RowsOnDisk


def test_rows_on_disk_are_those_of_the_table():
    table = np.random.default_rng(0).integers(0, 256, (50, 16)).astype(np.uint8)
    with tempfile.TemporaryFile() as file:
        rows = RowsOnDisk(table, file)
    for asked in ([3, 1, 3], [49], []):
        assert (rows[np.array(asked, np.int64)] == table[np.array(asked, np.int64)]).all()
