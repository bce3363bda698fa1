"""Puts the application together. Importing this module builds nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.exceptions import ExceptionMiddleware

from app.api import admin_routes as admin
from app.api import error_responses
from app.api import health_routes as health
from app.api import item_routes as items
from app.api import operation_routes as operation
from app.api import recommend_routes as recommend
from app.api import version_routes as versions
from app.api.batch import batch_routes as batch
from app.api.description.openapi import describe
from app.api.events import event_routes as events
from app.api.words import suggest_routes as suggest
from app.api.words import synonym_routes as synonyms
from app.http.access import Access
from app.http.bodies.body_limits import BodyLimit
from app.http.bodies.compression import LEVEL, MIN_BYTES, Compression
from app.http.cors import CORS_OPTIONS, CrossOrigin, allowed_origins
from app.http.proxies import Proxies
from app.http.request_context import RequestContext
from app.observability.json_logs import spare_unused_details
from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State, drain_on_sigterm
from app.storefront import page_routes as storefront
from app.storefront import sign_in_routes as sign_in
from app.storefront.shop.shop_settings import load_shop
from twinset.freed_memory import return_freed_memory

_API = (recommend, batch, suggest, items, admin, versions, synonyms, operation, events, health)


def create_app(
    settings: Settings, recommender: Recommender | None = None, state: State | None = None
) -> FastAPI:
    """The service as an ASGI application.

    Without a `recommender` the artefacts that `settings` name are opened when the server starts.
    """
    state = state or State(settings, recommender=recommender)
    app = FastAPI(
        title="Twinset",
        version=package_version(),
        lifespan=_lifespan,
        # OpenTelemetry by the framework itself: spans of requests alone, each with its address.
        telemetry={
            "tracing": settings.otel,
            "auto_configure": settings.otel,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
        },
        openapi_url=None,  # served by `app.api.description.openapi`
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        # Both addresses of every route, said once.
        servers=[{"url": "/"}, {"url": "/v1"}],
        separate_input_output_schemas=False,
    )
    app.state.service = state
    error_responses.install(app)
    # One flat list: a router inside a router is walked anew for every request.
    app.router.routes += api_routes()
    storefront.mount(app, load_shop(settings.shop))
    app.router.routes += sign_in.router.routes
    describe(app, settings)
    _surround(app, settings, state)
    return app


def _surround(app: FastAPI, settings: Settings, state: State) -> None:
    """Put layers around the routes; the last one added is the outermost."""
    app.add_middleware(
        BodyLimit,
        limit=settings.max_body_bytes,
        held=settings.max_held_bytes,
        full=lambda: state.takes_no_image,
    )
    app.add_middleware(Access, settings=settings)
    # So that these two, too, raise what they refuse with.
    handlers = {**app.exception_handlers, Exception: error_responses.from_nowhere}
    app.add_middleware(ExceptionMiddleware, handlers=handlers)
    if origins := allowed_origins(settings):
        app.add_middleware(CrossOrigin, allow_origins=origins, **CORS_OPTIONS)
    app.add_middleware(Compression, minimum_size=MIN_BYTES, compresslevel=LEVEL)
    app.add_middleware(
        RequestContext,
        metrics=state.metrics,
        errors=state.errors,
        paths=frozenset(route.path for route in api_routes()),
        root_path=settings.root_path,
    )
    if settings.trusted_proxies:
        app.add_middleware(Proxies, networks=settings.trusted_proxies)


def app_from_environment() -> FastAPI:
    """The service with settings from the environment; each worker process calls this."""
    return_freed_memory()
    spare_unused_details()
    return create_app(Settings())


def api_routes() -> list[APIRoute]:
    """Every route that answers a program, named in the OpenAPI document by its function."""
    routes = [route for module in _API for route in module.router.routes]
    found = [route for route in routes if isinstance(route, APIRoute)]
    for route in found:
        route.operation_id = route.unique_id = route.name
    return found


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state: State = app.state.service
    state.start()
    drain_on_sigterm(state)
    yield
    state.stop()


def package_version() -> str:
    """The installed version; 0 if Twinset runs from a folder that was not installed."""
    try:
        return version("twinset")
    except PackageNotFoundError:
        return "0"
