"""Request bodies: JSON, read strictly as the handler's type says."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar.dto import AbstractDTO, DTOConfig
from litestar.openapi.spec import Reference, Schema

from qa.web.bodies import FieldProblem
from qa.web.problems import Refused

__all__ = ["JsonBody"]


class JsonBody(AbstractDTO[Any]):
    """Reads a body with msgspec alone: Litestar's own reading takes "5" for a number."""

    config = DTOConfig()

    def decode_bytes(self, value: bytes) -> Any:
        """Return the body as the handler's type; raises Refused, which names the field at fault."""
        field = self.asgi_connection.route_handler.parsed_data_field
        return _read(value, field.annotation if field else Any)

    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Make nothing: msgspec needs only the type."""

    @classmethod
    def create_openapi_schema(cls, field_definition: Any, handler_id: str, schema_creator: Any) -> Reference | Schema:
        """Return the schema of the handler's type as it stands."""
        schema: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return schema


def _read(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        field = path.strip("`").removeprefix("$").removeprefix(".") or "body"
        told = f"{message.replace('Object contains unknown field', 'There is no field')}."
        raise Refused(
            422,
            f"The request body is not as it should be. {field}: {told} /schema says what is allowed.",
            [FieldProblem(field, told)],
        ) from error
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The request body is not JSON: {error}. Send a JSON body in UTF-8.") from error
