"""What every request and response is held to: who may ask, and what a browser may do with the answer."""

from __future__ import annotations

from collections import Counter
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import Guard, Message, Scope

from qa.web.bodies import FieldProblem
from qa.web.problems import Refused

__all__ = [
    "SECURITY_HEADERS",
    "add_security_headers",
    "host_guard",
    "is_operator",
    "refuse_cross_site",
    "refuse_unknown_parameters",
    "refuse_when_read_only",
    "tell_every_method",
]

Connection = ASGIConnection[Any, Any, Any, Any]

_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Put the security headers on a response, whatever made it."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)


async def tell_every_method(message: Message, scope: Scope) -> None:
    """Name all methods of a path in the Allow of OPTIONS; Litestar 2.23 knows only the handler registered first."""
    if message["type"] == "http.response.start" and str(scope.get("method")) == "OPTIONS":
        routes = [route for route in scope["litestar_app"].routes if route.path_format == scope["path_template"]]
        if isinstance(route := next(iter(routes), None), HTTPRoute):
            MutableScopeHeaders.from_message(message)["allow"] = ", ".join(sorted(route.methods))


def host_guard(host: str) -> Guard:
    """Return the guard against DNS rebinding, for a service that listens on `host`.

    A site that points its own name at 127.0.0.1 makes a browser send requests here, under that name:
    a service on a loopback address answers to loopback names only.
    """
    is_local = _is_loopback(host)

    def refuse_foreign_host(connection: Connection, _: BaseRouteHandler) -> None:
        name = _hostname(connection.headers.get("host", host))
        if is_local and not _is_loopback(name):
            raise Refused(
                421,
                f"This service does not answer to the host {name[:100]!r}: it listens on {host} only."
                " Ask for localhost, or serve on another address with --host.",
            )

    return refuse_foreign_host


def refuse_cross_site(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse to change anything for a page of another site: a form of its needs no permission to be sent.

    Only the pages' own handlers take forms (`takes_form`), and only from where the service itself is.
    """
    method = str(connection.scope.get("method"))
    if method in ("GET", "HEAD", "OPTIONS"):
        return
    origin = connection.headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != connection.headers.get("host", "").lower():
        raise Refused(403, f"A page of {origin[:100]} may not change anything here. Only this service's own pages may.")
    if method == "DELETE":
        return
    is_form = handler.opt.get("takes_form", False)
    if is_form and origin is None:
        raise Refused(403, "The form does not say which page it was sent from. Programs send JSON to /api instead.")
    media_type = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in (_FORM_TYPES if is_form else ("application/json",)):
        received = f"has the content type {media_type[:100]!r}" if media_type else "does not say its content type"
        raise Refused(415, f"The request body {received}. Send JSON, as content type application/json.")


def is_operator(connection: Connection) -> bool:
    """Say whether a request shows the secret of the data folder, which only its owner's user can read."""
    dateline = connection.app.state.dateline
    kind, _, secret = connection.headers.get("authorization", "").partition(" ")
    if dateline is None or kind.lower() != "bearer":
        return False
    return compare_digest(secret.encode(), dateline.folder.secret.encode())


def refuse_when_read_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Refuse to change anything when the settings say so; the operator's own commands may."""
    if connection.app.state.settings.read_only and not is_operator(connection):
        raise Refused(
            403, "This service is read-only: articles cannot be added, changed or removed (DATELINE_READ_ONLY)."
        )


def refuse_unknown_parameters(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse query parameters that would go unheeded: a filter that is misspelt, or all but the last of several."""
    described: dict[str, dict[str, bool]] = connection.app.state.query_parameters
    known = described.get(getattr(handler, "operation_id", None) or "", {})
    there_are = f"Allowed: {', '.join(known)}." if known else "None is allowed here."
    counted = Counter(name for name, _ in connection.query_params.multi_items())
    faults = [FieldProblem(name, f"There is no such parameter. {there_are}") for name in counted if name not in known]
    faults += [
        FieldProblem(name, f"It is given {times} times. Give it once.")
        for name, times in counted.items()
        if times > 1 and not known.get(name, True)
    ]
    if faults:
        told = " ".join(f"{fault.field[:100]}: {fault.detail}" for fault in faults[:5])
        raise Refused(422, f"A query parameter is not allowed. {told}", faults[:20])


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return host


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name.lower() == "localhost"
