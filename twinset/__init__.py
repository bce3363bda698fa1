"""The library below every room: catalogue, images, encoders, filters, indexes, live writes.

Example:
    >>> import twinset
    >>> encoder = twinset.load_encoder("models/compact")
    >>> version = twinset.open_version("index")
    >>> rows, scores = version.index.search(encoder.encode_texts(["red dress"]), 10)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinset.encoders.encoder_folder import load_encoder
    from twinset.index.index_versions import open_version

    __version__: str

__all__ = ["__version__", "load_encoder", "open_version"]

_HOMES = {
    "load_encoder": "twinset.encoders.encoder_folder",
    "open_version": "twinset.index.index_versions",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import twinset` stays cheap."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'twinset' has no attribute {name!r}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("twinset")
    except PackageNotFoundError:  # run from a folder that was not installed
        return "0"
