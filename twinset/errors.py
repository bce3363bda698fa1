"""Every error that Twinset raises on purpose.

    TwinsetError
    ├── InvalidInput            a caller sent something wrong
    │   ├── FilterError         the filter string does not parse or names an unknown field
    │   └── ImageError
    │       ├── UnsupportedImage    not one of the accepted formats, judged by its bytes
    │       ├── InvalidImage        an accepted format that does not decode
    │       ├── ImageTooLarge       more pixels than the limit
    │       └── BadDimensions       a side too short or too long
    ├── NotFound                no such item, version or image
    ├── CatalogueError          a catalogue file or a source of one cannot be used
    ├── ArtefactError           a folder that a stage wrote is missing, damaged or of another kind
    ├── ConfigError             a configuration file or a command-line value is wrong
    ├── Conflict                what is asked does not fit the state that things are in now
    ├── StorageFull             a write cannot be stored; reading goes on
    └── NotReady                the service cannot answer yet
        └── VersionGone         a server does not have the vectors of a version any more

Below the routes and the command line nothing else is raised on purpose. The service maps this
tree to problem+json in one place, the command line to one line and exit code 1.
Messages are for people: one sentence, no traceback, no secret, no echo of a caller's input.
"""

from __future__ import annotations

from pathlib import Path


class TwinsetError(Exception):
    """Root of the tree; `str(error)` is one line that a user can act on."""

    code = "error"


class InvalidInput(TwinsetError):
    code = "invalid_input"


class FilterError(InvalidInput):
    """A filter that does not parse, or that names a field that the catalogue lacks.

    `position` is the 0-based offset in the filter string, or None if no one place is at fault.
    """

    code = "invalid_filter"

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


class ImageError(InvalidInput):
    code = "invalid_image"


class UnsupportedImage(ImageError):
    code = "unsupported_image"


class InvalidImage(ImageError):
    code = "invalid_image"


class ImageTooLarge(ImageError):
    code = "image_too_large"


class BadDimensions(ImageError):
    code = "bad_dimensions"


class NotFound(TwinsetError):
    code = "not_found"


class CatalogueError(TwinsetError):
    code = "invalid_catalogue"


class ArtefactError(TwinsetError):
    """An artefact folder that must not be used. The message always names the file at fault."""

    code = "invalid_artefact"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ConfigError(TwinsetError):
    code = "invalid_config"


class Conflict(TwinsetError):
    code = "conflict"


class StorageFull(TwinsetError):
    code = "storage_full"


class NotReady(TwinsetError):
    code = "not_ready"


class VersionGone(NotReady):
    """The table or collection of an index version was dropped while the version was open."""

    def __init__(self) -> None:
        super().__init__("The vectors of this index version are not there any more.")
