"""Brings query strings and forms, as clients write them, into the one form that models read."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, get_origin
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.recommend.query import MAX_ID

Pairs = Iterable[tuple[str, str]]
# The fields that take several values, and how many of them.
Lists = Mapping[str, int]
# PHP, Rails, jQuery and axios write a list as `name[]` or `name[0]`.
_ONE_OF = re.compile(r"(\w+)\[\d*\]")


def plain_pairs(pairs: Pairs, known: frozenset[str], lists: Lists) -> Iterator[tuple[str, str]]:
    """The pairs with lists taken apart, and without fields that are empty.

    A list may be repeated, with or without brackets behind its name, or separated by commas. A
    value with a comma may be one id as well: it comes behind all others, if it is no longer than
    an id and the list has room. `known` are all fields.

    Raises:
        RequestValidationError: a field that takes one value is given twice.
    """
    seen, room, whole = set(), dict(lists), []
    for written, value in pairs:
        array = _ONE_OF.fullmatch(written)
        name = array[1] if array and array[1] in lists else written
        if name in lists:
            parts = [part.strip() for part in value.split(",")] if "," in value else [value]
            parts = [part for part in parts if part.strip()]
            room[name] -= len(parts)
            yield from ((name, part) for part in parts)
            if "," in value and name.endswith(("ids", "liked")) and len(value) <= MAX_ID:
                whole.append((name, value))
            continue
        if name in seen:
            field = name if name in known else "request"
            error = {"loc": ("query", field), "type": "repeated", "msg": "Takes one value, not two"}
            raise RequestValidationError([error])
        seen.add(name)
        if name not in known or value.strip():
            yield name, value
    for name, value in whole:
        if room[name] > 0:
            room[name] -= 1
            yield name, value


def plain_values(pairs: Pairs, known: frozenset[str], lists: Lists) -> dict[str, Any]:
    """See `plain_pairs`; here each list is one value."""
    values: dict[str, Any] = {}
    for name, value in plain_pairs(pairs, known, lists):
        if name in lists:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values


def fields_of(model: type[BaseModel]) -> tuple[frozenset[str], Lists]:
    """The names of a model's fields, and those that are lists, each of which says how long it may
    be."""
    lists = {
        name: next(mark.max_length for mark in field.metadata if hasattr(mark, "max_length"))
        for name, field in model.model_fields.items()
        if get_origin(field.annotation) is list
    }
    return frozenset(model.model_fields), lists


class QueryRoute(APIRoute):
    """A route whose query string is brought into the plain form before anything reads it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        known, lists = frozenset[str](), dict[str, int]()
        for parameter in self.dependant.query_params:
            model = parameter.field_info.annotation
            if isinstance(model, type) and issubclass(model, BaseModel):
                names, several = fields_of(model)
                known, lists = known | names, {**lists, **several}
            else:
                known |= {parameter.alias}

        async def handle(request: Request) -> Response:
            query = request.scope["query_string"]
            if query:
                pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
                plain = urlencode(list(plain_pairs(pairs, known, lists)))
                request.scope["query_string"] = plain.encode("latin-1")
            return await handler(request)

        return handle
