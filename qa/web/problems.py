"""Errors → HTTP: problem details (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from index.errors import (
    ArticleNotFound,
    DataFolderError,
    DatelineError,
    InputError,
    JobNotFound,
    QueueFull,
    SourceNotFound,
    StorageFull,
    VectorIndexError,
    VersionPruned,
)
from qa.web.bodies import FieldError, FieldProblem, ProblemBody

__all__ = ["PROBLEM_TYPE", "ErrorPage", "Refused", "documented", "error_handler", "problem_of"]

log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
ErrorPage = Callable[[Request[Any, Any, Any], int, str, str], Response[Any]]

_FOR_PROGRAMS = ("/api", "/health", "/metrics", "/operator", "/schema")
# When a queue that was full is worth another look.
_RETRY_SECONDS = 30
# The first class that fits decides, so a subclass stands before its base.
_STATUSES: tuple[tuple[type[DatelineError], int], ...] = (
    (InputError, 422),
    (VersionPruned, 410),
    (ArticleNotFound, 404),
    (JobNotFound, 404),
    (QueueFull, 503),
    (SourceNotFound, 404),
    (DataFolderError, 503),
    (StorageFull, 507),
    (VectorIndexError, 503),
)


class Refused(HTTPException):
    """A request that is not done; the detail says what was received, what is allowed, and what to do."""

    def __init__(self, status: int, detail: str, errors: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail=detail, status_code=status)
        self.errors = tuple(errors)


def error_handler(error_page: ErrorPage) -> Callable[[Request[Any, Any, Any], Exception], Response[Any]]:
    """Return the handler of every exception; it shows pages' errors with `error_page`."""

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        problem = problem_of(request, error)
        headers = (error.headers or {}) if isinstance(error, HTTPException) else {}
        if isinstance(error, QueueFull):
            headers = {"retry-after": str(_RETRY_SECONDS)}
        path = request.scope["path"]
        if path.startswith(_FOR_PROGRAMS):
            return Response(problem, status_code=problem.status, media_type=PROBLEM_TYPE, headers=headers)
        page = error_page(request, problem.status, problem.title, problem.detail)
        page.headers.update(headers)
        return page

    return handle


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """Return what OpenAPI says of the errors that a handler may answer with, beside those that any may."""
    return {
        status: ResponseSpec(
            ProblemBody,
            generate_examples=False,
            media_type=PROBLEM_TYPE,
            description=_DESCRIPTIONS[status],
            examples=[_EXAMPLE] if status == 422 else None,
        )
        for status in sorted({*statuses, 400, 421, 500, 503})
    }


def problem_of(request: Request[Any, Any, Any], error: Exception) -> ProblemBody:
    """Return what a client is told of an exception; a failure of the service is logged."""
    status, detail, errors, id = _told(request, error)
    return ProblemBody(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=quote(request.scope["path"]),
        errors=errors,
        id=id,
    )


def _told(request: Request[Any, Any, Any], error: Exception) -> tuple[int, str, list[FieldProblem], str | None]:
    """Return status, detail, the fields at fault, and the id under which a failure is logged."""
    if isinstance(error, Refused):
        return error.status_code, error.detail, list(error.errors), None
    if isinstance(error, FieldError):
        return 422, str(error), [FieldProblem(error.field, str(error))], None
    if isinstance(error, ValidationException):
        return _invalid(request, error)
    if isinstance(error, InternalServerException) and "disconnected" in error.detail:
        return 400, "The connection was closed before the whole request body had arrived. Send it again.", [], None
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, _plainly(request, error), [], None
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            if status >= 500:
                log.error("%s %s: %s", request.method, request.scope["path"], error)
            return status, str(error), [], None
    id = uuid.uuid4().hex[:12]
    log.error("%s %s failed, id %s", request.method, request.scope["path"], id, exc_info=error)
    detail = f"The service failed to do this. Nothing was said to be stored; the log has the cause under {id}."
    return 500, detail, [], id


def _plainly(request: Request[Any, Any, Any], error: HTTPException) -> str:
    """Say in Dateline's words what Litestar says in a word or two."""
    path = request.scope["path"][:200]
    if isinstance(error, NotFoundException):
        return f"There is nothing at {path}. Begin at / to ask; /schema lists what programs can use."
    if isinstance(error, MethodNotAllowedException):
        allowed = (error.headers or {}).get("allow", "")
        return f"{request.method} cannot be used on {path}. Allowed: {allowed}."
    if isinstance(error, RequestEntityTooLarge):
        most = request.app.state.settings.max_body_bytes
        return f"The request body is larger than the {most:,} bytes allowed. Send less in one request."
    return error.detail


def _invalid(
    request: Request[Any, Any, Any], error: ValidationException
) -> tuple[int, str, list[FieldProblem], str | None]:
    """Say which query parameters are at fault; a body says so itself, unless there is none."""
    if not isinstance(error.extra, list):
        return 422, f"{error.detail}. Give it.", [], None
    if any(fault.get("key") == "data" for fault in error.extra):
        return 400, "The request has no body. Send a JSON body; /schema says which fields it has.", [], None
    errors = [_fault(request, fault) for fault in error.extra]
    told = " ".join(f"{each.field}: {each.detail}" for each in errors)
    return 422, f"A parameter is not as it should be. {told}", errors, None


def _fault(request: Request[Any, Any, Any], fault: dict[str, str]) -> FieldProblem:
    parameter = request.route_handler.parsed_fn_signature.parameters.get(fault.get("key", ""))
    name = getattr(parameter and parameter.kwarg_definition, "name", None) or fault.get("key", "")
    given = ", ".join(request.query_params.getall(name, [])) or str(request.path_params.get(name, ""))
    return FieldProblem(name, f"Received {given[:100]!r}. {fault['message']}.")


_DESCRIPTIONS = {
    400: "The request cannot be read, such as a body that is not JSON.",
    403: "Not allowed: the service is read-only, or the request comes from another site.",
    404: "There is no such thing.",
    410: "That version of the article was replaced, and is no longer kept.",
    413: "The request body is too large.",
    415: "The request body is not declared to be JSON.",
    421: "The request names a host that this service is not.",
    422: "The request was read, but something in it is not allowed.",
    500: "The service failed.",
    503: "The service cannot do this now.",
    507: "The disk is full; nothing was stored.",
}
_EXAMPLE = Example(
    value={
        "type": "about:blank",
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "detail": "The question has no words. Ask one, such as: Which countries would send troops?",
        "instance": "/api/answer",
    }
)
