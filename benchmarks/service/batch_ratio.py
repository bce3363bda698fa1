"""A batch of 100 searches beside the same 100 one after another: its time, and whether it agrees.

    python -m benchmarks.service.batch_ratio --encoder models/compact --index INDEX [--rounds 7]

Starts `twinset serve` and asks it as one client over one connection. Words and photos are others in
each round, so that no kept embedding answers; the single ones and the batch take turns to go first,
and each is asked anew of words that only it has. That both answer alike is looked at apart from
the clock, each asked of a service of its own. Times are the best of the rounds, since what else the
machine does can only add; beside them stands what the service's process used of the processor,
which other work on it hardly moves.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from benchmarks.markdown_report import MarkdownTable, show
from benchmarks.service.http_cost import processor_seconds
from benchmarks.service.load_queries import all_ids, new_photo, photos, words
from benchmarks.service.servers import Server, running, twinset_command

SIZE = 100
_OWN = ("request_id", "took_ms")
Entry = dict[str, Any]


def main(
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    index: Annotated[Path, typer.Option()] = Path("var/demo/index"),
    rounds: Annotated[int, typer.Option(min=1)] = 7,
) -> None:
    """Print the milliseconds of 100 single searches and of a batch of them, and their ratio."""
    table = MarkdownTable(
        *("searches", "100 singles, ms", "batch of 100, ms", "ratio"),
        *("processor, singles", "batch", "ratio", "differences"),
    )
    command = twinset_command(encoder, index)
    with running(command, "/readyz") as server, running(command, "/readyz") as other:
        kinds = _kinds(all_ids(server.address))
        with _client(server) as client, _client(other) as another:
            for name, entry in kinds.items():
                cells = [name]
                for single, batch in zip(*_times(client, server.pid, entry, rounds), strict=True):
                    cells += [f"{1000 * single:.0f}", f"{1000 * batch:.0f}"]
                    cells.append(f"{batch / single:.2f}")
                entries = [entry(n) for n in range(SIZE)]
                differences = _differences(_ask_singly(another, entries), client, entries)
                table.add(*cells, differences)
                # The table comes last; whoever stops a slow run has seen what there is.
                typer.echo(f"{name}: {cells[3]} of the time, {cells[6]} of the processor", err=True)
    show(table)


def _kinds(items: Sequence[str]) -> dict[str, Callable[[int], Entry]]:
    pictures = photos()

    def by_text(number: int) -> Entry:
        return {"route": "by-text", "query": words(number)}

    def by_item(number: int) -> Entry:
        return {"route": "similar", "id": items[number % len(items)]}

    def by_image(number: int) -> Entry:
        image = base64.b64encode(new_photo(pictures, number)).decode()
        return {"route": "by-image", "image": image}

    mixed = (by_text, by_text, by_item, by_item, by_image)
    return {
        "by-text": by_text,
        "similar": by_item,
        "by-image": by_image,
        "two by-text, two similar, one by-image": lambda n: mixed[n % len(mixed)](n),
    }


Times = tuple[float, float]


def _times(
    client: httpx.Client, pid: int, entry: Callable[[int], Entry], rounds: int
) -> tuple[Times, Times]:
    """Seconds on the clock, and of the service's processor: of singles, and of batches."""
    singles: list[Times] = []
    batches: list[Times] = []
    for turn in range(-1, rounds):  # the first warms up and is not counted
        start = 1000 * (turn + 2)
        ways = [(_ask_singly, singles, start), (_ask_batch, batches, start + 500)]
        for ask, times, first in ways if turn % 2 else reversed(ways):
            entries = [entry(first + n) for n in range(SIZE)]
            begun, used = time.perf_counter(), processor_seconds(pid)
            ask(client, entries)
            if turn >= 0:
                times.append((time.perf_counter() - begun, processor_seconds(pid) - used))
    return _best(singles), _best(batches)


def _best(times: list[Times]) -> Times:
    clock, processor = zip(*times, strict=True)
    return min(clock), min(processor)


def _client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.address, timeout=60)


def _differences(single: list[Any], client: httpx.Client, entries: list[Entry]) -> int:
    """How many answers of a batch are not the single ones of its searches, to the last bit."""
    batch = [result["answer"] for result in _ask_batch(client, entries)]
    return sum(_plain(a) != _plain(b) for a, b in zip(single, batch, strict=True))


def _plain(answer: Any) -> str:
    answer["page"].pop("cursor", None)  # which holds the second of its first page
    return json.dumps({name: answer[name] for name in answer if name not in _OWN})


def _ask_batch(client: httpx.Client, entries: list[Entry]) -> list[Any]:
    answer = client.post("/recommend/batch", json={"requests": entries})
    results = list(answer.raise_for_status().json()["results"])
    for result in results:
        if result["status"] != 200:
            raise SystemExit(f"a search of a batch was refused: {result['problem']['detail']}")
    return results


def _ask_singly(client: httpx.Client, entries: list[Entry]) -> list[Any]:
    found = []
    for entry in entries:
        match entry["route"]:
            case "by-text":
                answer = client.post("/recommend/by-text", json={"query": entry["query"]})
            case "similar":
                answer = client.get(f"/items/{entry['id']}/similar")
            case _:
                file = {"image": base64.b64decode(entry["image"])}
                answer = client.post("/recommend/by-image", files=file)
        found.append(answer.raise_for_status().json())
    return found


if __name__ == "__main__":
    typer.run(main)
