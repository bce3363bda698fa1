"""What a page shows, as a value: read from a form or an address, written back to an address."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from app.concurrency.image_decoding import Box
from app.recommend.lists.cursors import MAX_LENGTH
from app.recommend.query import MAX_OFFSET, MAX_SIGNALS, RELEVANCE
from twinset.filters import quote_name, quote_value
from twinset.words.query.parts import Switches

PAGE_SIZE = 24
LAST_PAGE = MAX_OFFSET // PAGE_SIZE
CHOICE = "f."
MOST_SWITCHES = 50
MAX_SORT = 129  # characters of a field and its sign
_OFF = "false"
_FILTERS = ("low", "high", "stock")
Pairs = list[tuple[str, str]]
Fields = dict[str, Any]


@dataclass(frozen=True)
class PageState:
    """Everything that decides what a search page shows: signals, filters, and the page's number.

    Signals are words, a photo or a box of it, and items liked or not. `kind` is what to look for in
    the photo, and `choices` maps a field to the values chosen. If there is a photo, an address
    cannot hold it; all else it can. `understand` is as in the HTTP interface: which parts of the
    words may be understood, ("false",) for none. `at` is the state of the catalogue that further
    pages are of, as a cursor; `shared` is the key by which the photo is kept for a while.

    Example:
        >>> PageState(words="red dress", high=50.0).address()
        '/search?q=red+dress&high=50'
    """

    words: str = ""
    photo: bytes | None = None
    box: Box | None = None
    kind: str | None = None
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    in_stock: bool = False
    sort: str = RELEVANCE
    page: int = 1
    wants_photo: bool = False
    understand: tuple[str, ...] = ()
    at: str = ""
    shared: str = ""

    @property
    def ranked(self) -> bool:
        """True if there is a signal to be similar to."""
        return bool(self.words or self.photo is not None or self.like)

    @property
    def edit(self) -> str:
        """The words, if they change a photo or the items liked; else an empty text."""
        return self.words if self.photo is not None or self.like else ""

    @property
    def signals(self) -> int:
        """How many things there are to be similar to."""
        return bool(self.words and not self.edit) + (self.photo is not None) + len(self.like)

    @property
    def offset(self) -> int:
        return (self.page - 1) * PAGE_SIZE

    @property
    def filtered(self) -> int:
        """How many filters are set."""
        chosen = sum(map(len, self.choices.values()))
        return chosen + (self.low is not None) + (self.high is not None) + self.in_stock

    def filter(self, without: str | None = None) -> str | None:
        """The filter that the choices amount to, or None if there are none.

        `without` leaves out the choices of one field, to count the field's other values."""
        parts = [
            f"{quote_name(name)} IN [{', '.join(map(quote_value, values))}]"
            for name, values in self.choices.items()
            if name != without
        ]
        if without != "price":
            parts += [f"price >= {plain(self.low)}"] if self.low is not None else []
            parts += [f"price <= {plain(self.high)}"] if self.high is not None else []
        if self.in_stock and without != "available":
            parts.append("available = true")
        return " AND ".join(parts) or None

    @property
    def switches(self) -> Switches:
        """Which parts of the words may be understood."""
        return Switches(off=True) if _OFF in self.understand else Switches(self.understand)

    def address(self, page: int | None = None) -> str:
        """The address that shows this state again; `page` is another page of the same results."""
        text = urlencode(to_pairs(replace(self, page=page or self.page)))
        return f"/search?{text}" if text else "/search"


def read_page_state(pairs: Pairs, photo: bytes | None = None) -> PageState:
    """The state that form fields or an address describe; a field is left out if it makes no sense.

    A field `drop` takes others away: its value is a name, or `name=value` if one of several values
    goes.
    """
    for dropped in [value for name, value in pairs if name == "drop"]:
        pairs = _without(pairs, dropped)
        photo = None if dropped == "photo" else photo
    # A button says its value beside the hidden field that holds the last one, empty at first.
    values = dict(reversed([(name, value) for name, value in pairs if value]))
    choices: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name.startswith(CHOICE) and name != CHOICE and value:
            known = choices.setdefault(name.removeprefix(CHOICE), ())
            choices[name.removeprefix(CHOICE)] = (*known, *{value}.difference(known))
    return PageState(
        words=values.get("q", "").strip(),
        photo=photo,
        box=None if photo is None else _read_box(values.get("box", "")),
        kind=None if photo is None else values.get("kind", "").strip() or None,
        like=_ids(pairs, "like"),
        unlike=_ids(pairs, "unlike"),
        choices=choices,
        low=_number(values.get("low", "")),
        high=_number(values.get("high", "")),
        in_stock=values.get("stock") == "1",
        sort=values.get("sort", "")[:MAX_SORT] or RELEVANCE,
        page=_page(values.get("page", "")),
        wants_photo=values.get("with") == "photo",
        understand=_names(pairs),
        at=values.get("at", "")[:MAX_LENGTH],
        shared=values.get("shared", "")[:MAX_LENGTH],
    )


def to_pairs(state: PageState) -> Pairs:
    """The fields of an address; `read_page_state` makes the same state from them, without the
    photo."""
    pairs: Pairs = [("q", state.words)] if state.words else []
    if state.photo is not None:
        pairs.append(("shared", state.shared) if state.shared else ("with", "photo"))
        pairs += [("box", ",".join(map(plain, state.box)))] if state.box else []
        pairs += [("kind", state.kind)] if state.kind else []
    pairs += [("like", item_id) for item_id in state.like]
    pairs += [("unlike", item_id) for item_id in state.unlike]
    pairs += filter_pairs(state)
    pairs += [("sort", state.sort)] if state.sort != RELEVANCE else []
    pairs += [("understand", name) for name in state.understand]
    if state.page > 1:
        pairs += [("page", str(state.page)), *([("at", state.at)] if state.at else [])]
    return pairs


def filter_pairs(state: PageState) -> Pairs:
    """The fields of the filters that are set."""
    pairs = [(CHOICE + name, value) for name, values in state.choices.items() for value in values]
    ends = (("low", state.low), ("high", state.high))
    pairs += [(name, plain(end)) for name, end in ends if end is not None]
    return pairs + ([("stock", "1")] if state.in_stock else [])


def signal_fields(state: PageState, image: bytes | str | None) -> tuple[list[Fields], list[Fields]]:
    """The positive and negative signals as `POST /recommend` takes them; `image` stands for the
    photo."""
    positive: list[Fields] = []
    if state.photo is not None:
        positive.append({"image": image} | ({"box": list(state.box)} if state.box else {}))
    positive += [{"text": state.words}] if state.words and not state.edit else []
    positive += [{"item_id": item_id} for item_id in state.like]
    return positive, [{"item_id": item_id} for item_id in state.unlike]


def plain(value: float) -> str:
    """A number as people write it, without a fraction if it is whole."""
    return str(int(value)) if value.is_integer() else repr(value)


def _without(pairs: Pairs, dropped: str) -> Pairs:
    if dropped == "filters":
        return [p for p in pairs if p[0] not in _FILTERS and not p[0].startswith(CHOICE)]
    if dropped == "photo":
        return [pair for pair in pairs if pair[0] not in ("with", "shared", "box", "kind")]
    return [pair for pair in pairs if dropped not in (pair[0], f"{pair[0]}={pair[1]}")]


def _ids(pairs: Iterable[tuple[str, str]], field_name: str) -> tuple[str, ...]:
    found = dict.fromkeys(value for name, value in pairs if name == field_name and value)
    return tuple(found)[-MAX_SIGNALS // 2 :]


def _names(pairs: Pairs) -> tuple[str, ...]:
    """What of the words may be understood; several names may stand between commas."""
    given = [
        part.strip() for name, value in pairs if name == "understand" for part in value.split(",")
    ]
    return tuple(dict.fromkeys(name for name in given if name and name != "true"))[:MOST_SWITCHES]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _page(text: str) -> int:
    known = text.isascii() and text.isdigit() and len(text) < 8
    return min(max(int(text), 1), LAST_PAGE) if known else 1


def _read_box(text: str) -> Box | None:
    try:
        x1, y1, x2, y2 = (float(edge) for edge in text.split(","))
    except ValueError:
        return None
    inside = 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1
    return (x1, y1, x2, y2) if inside and (x1, y1, x2, y2) != (0, 0, 1, 1) else None
