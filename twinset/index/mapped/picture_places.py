"""Where the pictures of a version's items lie: read from a table, or mapped for a large version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twinset.columns import Mask, numbers_of
from twinset.errors import ArtefactError
from twinset.index.mapped.mapped_files import map_file

MAPPED_PLACES_FILE = "image_places.arrow"


@dataclass(frozen=True)
class PicturePlaces:
    """Of n items: the pack of each picture, a place in `packs`, its bytes in there and its type.

    `has_image` (n,) says which items have a picture; the other arrays hold anything for the rest.
    """

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    types: pa.DictionaryArray
    pack: NDArray[np.int16]
    packs: list[str]
    has_image: Mask

    @classmethod
    def of_table(cls, table: pa.Table, one_pack: str) -> Self:
        """The places in a table of `IMAGE_SCHEMA`; `one_pack` is the pack if it names none."""
        if "pack" in table.column_names:
            packs = table["pack"].combine_chunks().dictionary_encode()
        else:
            packs = pa.array([one_pack] * len(table), pa.string()).dictionary_encode()
        lengths = numbers_of(table["length"].combine_chunks())
        has_image = lengths > 0
        return cls(
            numbers_of(table["offset"].combine_chunks()),
            lengths,
            table["type"].combine_chunks().dictionary_encode(),
            # Any number if an item has no picture: Arrow's own ways to fill nulls import pandas.
            np.where(has_image, numbers_of(packs.indices), 0).astype(np.int16),
            [name for name in packs.dictionary.to_pylist() if name],
            has_image,
        )

    def write(self, path: Path) -> None:
        """Write the places for `mapped`."""
        arrays: dict[str, Any] = {
            "offset": pa.array(self.offsets),
            "length": pa.array(self.lengths),
            "type": self.types,
            "pack": pa.array(self.pack),
            "has_image": pa.array(self.has_image.view(np.uint8)),
        }
        table = pa.table(arrays).replace_schema_metadata({"packs": json.dumps(self.packs)})
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)

    @classmethod
    def mapped(cls, path: Path) -> Self:
        """The places in a file that `write` made.

        Raises:
            ArtefactError: if it is not such a file.
        """
        try:
            table = pa.ipc.open_file(map_file(path)).read_all()
            arrays = {name: table[name].chunk(0) for name in table.column_names}
            return cls(
                numbers_of(arrays["offset"]),
                numbers_of(arrays["length"]),
                arrays["type"],
                numbers_of(arrays["pack"]),
                json.loads(table.schema.metadata[b"packs"]),
                numbers_of(arrays["has_image"]).view(np.bool_),
            )
        except (OSError, pa.ArrowException, LookupError, TypeError, ValueError, AttributeError):
            raise ArtefactError(path, "does not list images") from None
