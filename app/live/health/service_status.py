"""What a running service is made of and takes: its version and feed, their age, disk and memory."""

from __future__ import annotations

import resource
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from twinset.index.index_versions import IndexVersion
from twinset.index.shared.version_line import list_versions

_NAMED_AT = "%Y%m%dT%H%M%SZ"
_PAGE_FILE = Path("/proc/self/statm")


@dataclass(frozen=True)
class ServiceStatus:
    """The live version's times, and what the service takes of its machine, in bytes.

    `catalogue_as_of` is when the feed was taken. What cannot be known is None.
    """

    version: str
    items: int
    encoder: str
    built_at: datetime
    catalogue_as_of: datetime | None
    versions: int
    index_bytes: int
    free_bytes: int
    memory_bytes: int | None


def status_of_service(index_dir: Path, version: IndexVersion) -> ServiceStatus:
    """Look at the version that answers, the index folder and this process. It reads the folder."""
    as_of = (version.manifest.get("live") or {}).get("as_of")
    built = datetime.strptime(version.name.partition("-")[0], _NAMED_AT).replace(tzinfo=UTC)
    return ServiceStatus(
        version=version.name,
        items=version.count,
        encoder=version.encoder_name,
        built_at=built,
        catalogue_as_of=None if as_of is None else datetime.fromisoformat(as_of),
        versions=len(list_versions(index_dir)),
        index_bytes=sum(path.stat().st_size for path in index_dir.rglob("*") if path.is_file()),
        free_bytes=shutil.disk_usage(index_dir).free,
        memory_bytes=resident_bytes(),
    )


def resident_bytes() -> int | None:
    """The memory that this process holds; None if the system does not say (only Linux does)."""
    try:
        pages = int(_PAGE_FILE.read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * resource.getpagesize()
