"""Writing what a version needs to rank by words: their index, and a sample to calibrate by."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from index_builder.build_inputs import Inputs
from twinset.embeddings import Embeddings
from twinset.lexical.picture_calibration import CALIBRATION_FILE, sample_pairs
from twinset.lexical.word_index import WORDS_FILE, build_word_table, write_word_table


def write_words(inputs: Inputs, folder: Path) -> None:
    """Write the files that `WordIndex` and `PictureCalibration` map.

    Vectors that were not exported, such as those of a compaction, have no sides to compare:
    `take_over_calibration` copies what their base had.
    """
    catalogue, embeddings = inputs.catalogue, inputs.embeddings
    write_word_table(build_word_table(catalogue.rows(), catalogue.category), folder / WORDS_FILE)
    if isinstance(embeddings, Embeddings):
        pairs = sample_pairs(embeddings.text, embeddings.image, embeddings.item)
        if pairs is not None:
            np.save(folder / CALIBRATION_FILE, pairs)


def take_over_calibration(base: Path, folder: Path) -> None:
    """Copy a version's calibration into the folder of one that is made of it, if it has any."""
    if (base / CALIBRATION_FILE).is_file():
        shutil.copyfile(base / CALIBRATION_FILE, folder / CALIBRATION_FILE)
