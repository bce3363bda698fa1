"""A route that reads its parameters itself, for the two busiest routes.

If FastAPI reads them, it walks the tree of dependencies and takes each field of a model apart for
every request, which costs more than all else that `similar` does before its search.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from inspect import isawaitable
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from fastapi import Request, Response, params
from pydantic import BaseModel, ValidationError
from starlette.types import Receive, Scope, Send

from app.api.dependencies import (
    call_of,
    get_call,
    get_recommender,
    get_state,
    located,
    read_image_form,
    recommender_of,
)
from app.api.reading.plain_query import QueryRoute, fields_of

Model = TypeVar("Model", bound=BaseModel)
Reader = Callable[[Request], Any]
_DEPENDENCIES: Mapping[Any, Reader] = {
    get_recommender: recommender_of,
    get_call: call_of,
    get_state: lambda request: request.app.state.service,
    read_image_form: read_image_form,
}


class DirectRoute(QueryRoute):
    """An `APIRoute` without a JSON body that takes 100 microseconds less than the framework's.

    The signature declares the parameters, so the framework describes them, and a test compares what
    is read here with what the framework would read. It reads what its endpoints need: text from the
    path, headers that may be absent, one model as the query, and the dependencies named above.

    Raises:
        TypeError: an endpoint takes something else; when it is declared.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        handle = self.get_route_handler()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            # The framework's own holds two stacks of exits and catches errors once more.
            response = await handle(Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = app

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        hints = get_type_hints(self.endpoint, include_extras=True)
        hints.pop("return", None)
        readers = {name: _reader(name, hint) for name, hint in hints.items()}
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            values = {}
            for name, read in readers.items():
                value = read(request)
                values[name] = await value if isawaitable(value) else value
            response: Response = await endpoint(**values)
            return response

        return self.with_plain_query(handle)


def _reader(name: str, hint: Any) -> Reader:
    """How the value of a parameter is read."""
    kind, *marks = get_args(hint) or (hint,)
    match marks:
        case [params.Depends(dependency=call)] if call in _DEPENDENCIES:
            return _DEPENDENCIES[call]
        case [params.Path(alias=alias)] if kind is str:
            return lambda request: request.path_params[alias or name]
        case [params.Header()] if kind == str | None:
            header = name.replace("_", "-")
            return lambda request: request.headers.get(header)
        case [params.Query()] if isinstance(kind, type) and issubclass(kind, BaseModel):
            return QueryReader(kind)
    raise TypeError(f"a direct route cannot read {name}")


class QueryReader(Generic[Model]):
    """Reads a plain query string as a model, with the result that the framework would give.

    Raises:
        RequestValidationError: the model refuses it.
    """

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._lists = fields_of(model)[1]

    def __call__(self, request: Request) -> Model:
        if not request.scope["query_string"]:
            return self._model()
        given = request.query_params
        values = {
            name: given.getlist(name) if name in self._lists else given[name] for name in given
        }
        try:
            return self._model.model_validate(values)
        except ValidationError as error:
            raise located(error, "query") from None
