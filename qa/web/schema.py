"""The API's description: OpenAPI 3.1 at /schema, as JSON."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Parameter

from qa.web import bodies

__all__ = ["openapi_config", "query_parameters"]


class _MsgspecBodies(JsonRenderPlugin):
    """Describes bodies as msgspec reads them: Litestar leaves out limits within lists and optional fields."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        kinds = [
            kind for name in bodies.__all__ if isinstance(kind := getattr(bodies, name), msgspec.structs.StructMeta)
        ]
        _, schemas = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
        return super().render(request, {**openapi_schema, "components": {"schemas": schemas}})


def openapi_config() -> OpenAPIConfig:
    """Return how the API is described, without the pages that Litestar would load from elsewhere."""
    return OpenAPIConfig(
        title="Dateline",
        version=_version(),
        description="Answers questions from a collection of news articles, and proves every answer with verbatim"
        " citations: text[start:end] of the cited article version is the quote. Offsets count Unicode code points."
        " Every error is a problem detail (RFC 9457).",
        use_handler_docstrings=True,
        render_plugins=[_MsgspecBodies(path=["/", "/openapi.json"])],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_only_json),
    )


def query_parameters(app: Litestar) -> dict[str, list[str]]:
    """Return the query parameters that are described, by operation."""
    described: dict[str, list[str]] = {}
    for path in (app.openapi_schema.paths or {}).values():
        for operation in filter(None, (path.get, path.post, path.put, path.delete)):
            parameters = [each for each in operation.parameters or () if isinstance(each, Parameter)]
            names = [each.name for each in parameters if each.param_in == "query"]
            described[operation.operation_id or ""] = names
    return described


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
