"""The API's description: OpenAPI 3.1 at /schema, as JSON."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from qa.web import bodies, job_bodies

__all__ = ["described", "openapi_config", "query_parameters"]


class _Described(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(described(request.app))


def described(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI document of the application.

    Bodies are described as msgspec reads them: Litestar leaves out limits within lists and optional fields.
    Query parameters are never null, as Litestar says of optional ones: they are there or not.
    """
    kinds = [
        kind
        for module in (bodies, job_bodies)
        for name in module.__all__
        if isinstance(kind := getattr(module, name), type(msgspec.Struct))
    ]
    _, schemas = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    document = app.openapi_schema.to_schema()
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                for choice in parameter["schema"].pop("oneOf", ()):
                    parameter["schema"] |= choice if choice != {"type": "null"} else {}
    return {**document, "components": {"schemas": schemas}}


def openapi_config() -> OpenAPIConfig:
    """Return how the API is described, without the pages that Litestar would load from elsewhere."""
    return OpenAPIConfig(
        title="Dateline",
        version=_version(),
        description="Answers questions from a collection of news articles, and proves every answer with verbatim"
        " citations: text[start:end] of the cited article version is the quote. Offsets count Unicode code points."
        " Every error is a problem detail (RFC 9457).",
        use_handler_docstrings=True,
        render_plugins=[_Described(path=["/", "/openapi.json"])],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_only_json),
    )


def query_parameters(app: Litestar) -> dict[str, dict[str, bool]]:
    """Return the query parameters that are described, by operation, and whether they may be repeated."""
    return {
        operation["operationId"]: {
            parameter["name"]: parameter["schema"].get("type") == "array"
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query"
        }
        for path in described(app)["paths"].values()
        for operation in path.values()
    }


async def _only_json(response: Response[Any]) -> Response[Any]:
    # Litestar answers with a page of its own where its schema router has nothing.
    if response.status_code == 404:
        raise NotFoundException
    return response


def _version() -> str:
    try:
        return version("dateline")
    except PackageNotFoundError:
        return "0"
