"""Coverage-guided fuzzing (libFuzzer through atheris) of what reads bytes that others wrote.

    python -m tests.fuzz.coverage_guided TARGET [libFuzzer options]

Starts from valid inputs, and keeps in `var/fuzz` what reached new code, for the next run. Ends with
a traceback and a non-zero status on any error that is not one of Twinset's own. Needs the extra
`fuzz`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["twinset", "app"]):
    from app.http.bodies.multipart import boundary_of, read_form
    from twinset.artefacts import MANIFEST, read_manifest
    from twinset.errors import TwinsetError
    from twinset.filters import parse_filter
    from twinset.images.decode import ImageLimits, decode_image, is_costly

from tests.support.bad_requests import END, FILE
from tests.support.image_corpus import encoded

# Small, so that a run is spent on headers and not on pixels.
LIMITS = ImageLimits(max_pixels=250_000)
FOLDER = Path("var/fuzz")


def decoder(data: bytes) -> None:
    is_costly(data, (96, 128))
    image = decode_image(data, LIMITS, (96, 128))
    assert image.mode == "RGB"


def manifest(data: bytes) -> None:
    (FOLDER / MANIFEST).write_bytes(data)
    read_manifest(FOLDER, "index")


def boundary(data: bytes) -> None:
    boundary_of(data.decode("latin-1"))


def multipart(data: bytes) -> None:
    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 7):
            yield data[start : start + 7]

    asyncio.run(read_form(body(), "multipart/form-data; boundary=b"))


def filters(data: bytes) -> None:
    parse_filter(data.decode("utf-8", "surrogateescape"))


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (decoder, manifest, boundary, multipart, filters)
}


SEEDS: dict[str, list[bytes]] = {
    "decoder": [
        encoded(kind, (20, 20), **options)
        for kind, options in (
            ("JPEG", {}),
            ("JPEG", {"progressive": True}),
            ("JPEG", {"mode": "CMYK"}),
            ("PNG", {}),
            ("PNG", {"mode": "I;16"}),
            ("PNG", {"mode": "P", "transparency": 0}),
            ("WEBP", {}),
            ("GIF", {}),
        )
    ],
    "manifest": [b'{"schema_version": 1, "kind": "index", "files": {"../x": "00"}}'],
    "boundary": [b'multipart/form-data; boundary="a b"; charset=utf-8'],
    "multipart": [FILE + END],
    "filters": [b'gender = "Women" AND NOT (price 10 TO 50 OR year IN [1, 2]) AND EXISTS `a b`'],
}


def main() -> None:
    name, *options = sys.argv[1:] or [""]
    if name not in TARGETS:
        sys.exit(f"which of {', '.join(TARGETS)}?")

    def one_input(data: bytes) -> None:
        try:
            TARGETS[name](data)
        except TwinsetError:
            return  # refused, in words

    corpus = FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], str(corpus), "-max_len=20000", *options], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
