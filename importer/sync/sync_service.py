"""From a feed to a running service: what changed, as live writes through its batch route."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import typer

from importer.sync.sync_source import (
    CATALOGUE,
    Outcome,
    Snapshot,
    SyncOptions,
    accept,
    fetch,
    snapshot,
)
from twinset.catalogue import FURTHER_IMAGES, PICTURE_COLUMNS, Catalogue
from twinset.errors import ConfigError
from twinset.store.feed_report import report_beside

KEY_VARIABLE = "TWINSET_ADMIN_KEY"
_HINT = (
    "they need a new version: on the machine of the index run `twinset sync FEED --index INDEX`, "
    "with --to if live writes are to go on, or import, export and build"
)
_FOLLOWS_S, _LOOK_S = 60.0, 0.2
_MAX_LINES = 500
_MAX_BYTES = 8 * 1024 * 1024
_TIMEOUT_S = 120.0


@dataclass
class Difference:
    """Writes that turn one snapshot into another; a patch of price or stock embeds nothing."""

    puts: list[str] = field(default_factory=list)
    patches: dict[str, dict[str, Any]] = field(default_factory=dict)
    deletions: list[str] = field(default_factory=list)


def difference(before: Snapshot, now: Snapshot) -> Difference:
    """What has to be written so that a service that holds `before` holds `now`."""
    found = Difference()
    for item_id, fields in now.fields.items():
        old = before.fields.get(item_id)
        if old is None or before.pictures.get(item_id) != now.pictures.get(item_id):
            found.puts.append(item_id)
            continue
        changed = {name: value for name, value in fields.items() if value != old.get(name)}
        if changed:
            found.patches[item_id] = _public(changed)
    found.deletions = [item_id for item_id in before.fields if item_id not in now.fields]
    return found


def sync_service(
    options: SyncOptions, address: str, publish: Callable[[Path], None] | None = None
) -> Outcome:
    """Write what changed since the last run to a service.

    The first run writes every item, and deletes those that the service has beyond the feed.
    Attributes that the service lacks cannot be written: `publish`, if it is given, makes them known
    by a new version of the catalogue that it is called with; without, they are left out.

    Raises:
        CatalogueError: if the feed cannot be used.
        ConfigError: if the service refuses the key or a write; the next run tries again.
    """
    path, report = fetch(options)
    last = options.state / CATALOGUE
    with _client(address) as client:
        before = snapshot(last) if last.exists() else Snapshot(_listed(client))
        found = difference(before, snapshot(path))
        held = len(found.deletions) > options.max_deletions * max(1, len(before.fields))
        known = _known_fields(client)
        new = [name for name in Catalogue(path).attributes if known and name not in known]
        if new and publish is not None and not held:
            publish(path)
            _await_fields(client, new)
            new = []
        lines = _lines(found, Catalogue(path), frozenset(new), with_deletions=not held)
        written, refused = _send(client, lines)
        _send_report(client, path)
    if refused and publish is not None and not held:
        publish(path)
    elif refused:
        raise ConfigError(f"{len(refused):,} writes were refused, such as {refused[0]}; {_HINT}")
    typer.echo(
        f"{report.accepted:,} products from {report.system}: {len(found.puts):,} new or with "
        f"another picture, {len(found.patches):,} changed, {len(found.deletions):,} "
        f"{'gone but held back' if held else 'deleted'}; {written:,} writes"
    )
    if not held:
        accept(options, path, report)
    if new:
        typer.echo(f"left out, the service does not know them: {', '.join(new)}; {_HINT}", err=True)
    if held:
        return Outcome.HELD_BACK
    return Outcome.NEEDS_VERSION if new else Outcome.DONE


def _client(address: str) -> httpx.Client:
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise ConfigError(f"set {KEY_VARIABLE} to the admin key of {address}")
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=address.rstrip("/"), headers=headers, timeout=_TIMEOUT_S)


def _listed(client: httpx.Client) -> dict[str, Mapping[str, Any]]:
    """The ids that a service holds, with no fields, so that every item is written once."""
    ids: dict[str, Mapping[str, Any]] = {}
    while True:
        parameters = {"limit": "100", "offset": str(len(ids)), "fields": "title"}
        page = _answer(client.get("/items", params=parameters))
        found: dict[str, Mapping[str, Any]] = {item["id"]: {} for item in page["items"]}
        ids |= found
        if page["page"]["exhausted"] or not found:
            return ids


def _known_fields(client: httpx.Client) -> frozenset[str]:
    """The fields that a service's items have; none if it has no items."""
    page = _answer(client.get("/items", params={"limit": "1"}))
    return frozenset(name for one in page["items"] for name in one["item"])


def _await_fields(client: httpx.Client, names: Sequence[str]) -> None:
    """Wait until a service shows a version with these fields.

    Raises:
        ConfigError: if it does not within a minute.
    """
    latest = time.monotonic() + _FOLLOWS_S
    while not _known_fields(client) >= set(names):
        if time.monotonic() > latest:
            raise ConfigError(
                f"{client.base_url} does not show the new version; is --index the folder that it "
                "serves?"
            )
        time.sleep(_LOOK_S)


def _lines(
    found: Difference, catalogue: Catalogue, unknown: frozenset[str], with_deletions: bool
) -> Iterator[dict[str, Any]]:
    """The writes, one object each, as `POST /items/batch` takes them, without `unknown` fields."""
    wanted = set(found.puts)
    rows = catalogue.rows().to_pylist()
    pictures = zip(catalogue.images(), catalogue.further_images(), strict=True)
    for row, (data, further) in zip(rows, pictures, strict=True):
        if row["id"] in wanted:
            item = _public({n: v for n, v in row.items() if n != "id" and n not in unknown})
            if data is not None:
                item["image"] = base64.b64encode(data).decode()
            if further:
                item[FURTHER_IMAGES] = [base64.b64encode(one).decode() for one in further]
            yield {"op": "put", "id": row["id"], "item": item}
    for item_id, fields in found.patches.items():
        known = {name: value for name, value in fields.items() if name not in unknown}
        if known:
            yield {"op": "patch", "id": item_id, "item": known}
    if with_deletions:
        for item_id in found.deletions:
            yield {"op": "delete", "id": item_id}


def _public(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in PICTURE_COLUMNS}


def _send(client: httpx.Client, lines: Iterable[dict[str, Any]]) -> tuple[int, list[str]]:
    """How many writes were taken, and why others were not; each batch within the limits."""
    written, refused = 0, list[str]()
    batch: list[bytes] = []
    size = 0

    def flush() -> int:
        if not batch:
            return 0
        headers = {"Content-Type": "application/x-ndjson"}
        answer = _answer(client.post("/items/batch", content=b"\n".join(batch), headers=headers))
        bad = [one for one in answer["results"] if one["status"] >= 400 and one["status"] != 404]
        refused.extend(f"{one['id']!r}: {one['detail']}" for one in bad)
        return len(answer["results"]) - len(bad)

    for line in lines:
        text = json.dumps(line, ensure_ascii=False).encode()
        if batch and (len(batch) >= _MAX_LINES or size + len(text) > _MAX_BYTES):
            written += flush()
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    return written + flush(), refused


def _send_report(client: httpx.Client, catalogue: Path) -> None:
    """Tell a service what the feed brought, for its operators; one of before is told nothing."""
    report = report_beside(catalogue)
    if report is None:
        return
    response = client.put("/catalogue/feed", json=report.to_manifest())
    if response.status_code not in (404, 405):
        _answer(response)


def _answer(response: httpx.Response) -> Any:
    if response.status_code >= 400:
        try:
            detail = response.json().get("detail", "")
        except ValueError:
            detail = ""
        raise ConfigError(f"{response.url}: {response.status_code} {detail}".strip())
    return response.json()
