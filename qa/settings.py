"""Settings: a flag, else an environment variable DATELINE_…, else a line in a TOML file, else the default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec

from index.errors import SettingsError

__all__ = ["SETTINGS_HELP", "Settings", "load_settings"]

_DEFAULT_FILE = "dateline.toml"
# Neither printed nor logged, not even when they are refused.
_SECRETS = frozenset({"database_url", "llm_api_key"})


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything an operator may set; the field's description is its help text everywhere."""

    data: Annotated[str, msgspec.Meta(min_length=1, description="Folder of the catalogue and its vector index.")] = (
        "data"
    )
    host: Annotated[str, msgspec.Meta(min_length=1, description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535, description="Port to listen on; 0 takes any free one.")] = 8000
    workers: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=64,
            description="Processes that answer side by side; with more than one, a further one owns the index.",
        ),
    ] = 1
    chroma_url: Annotated[
        str | None, msgspec.Meta(description="A Chroma server to use in place of the embedded store.")
    ] = None
    database_url: Annotated[
        str | None,
        msgspec.Meta(
            description="A PostgreSQL database to keep the catalogue in, as postgresql://user:password@host/name,"
            " in place of the data folder's file."
        ),
    ] = None
    embedding_model: Annotated[
        str, msgspec.Meta(min_length=1, description="The packaged model's name, or a model folder's path.")
    ] = "all-MiniLM-L6-v2"
    embedding_backend: Annotated[
        Literal["onnx", "torch"] | None,
        msgspec.Meta(
            description="What runs the embedding model: onnx (only the packaged one, in int8, and its default) or torch"
            " (any, in float32, on a GPU where there is one)."
        ),
    ] = None
    reader: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            description="The packaged reader's name, the folder of an extractive question-answering model, or none:"
            " whole sentences are then weighed.",
        ),
    ] = "dateline-reader"
    answer_threshold: Annotated[
        float, msgspec.Meta(ge=0, le=1, description="Abstain when the answer's confidence is lower, from 0 to 1.")
    ] = 0.2
    passages: Annotated[
        int, msgspec.Meta(ge=1, le=50, description="Passages that are read for a question, 1 to 50.")
    ] = 10
    llm_url: Annotated[
        str | None,
        msgspec.Meta(description="Base URL of a server with OpenAI's chat protocol, which then words the answers."),
    ] = None
    llm_model: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None,
        msgspec.Meta(description="The language model to ask for there."),
    ] = None
    llm_api_key: Annotated[
        Annotated[str, msgspec.Meta(min_length=1)] | None,
        msgspec.Meta(description="That server's API key. Every user of a machine can read a flag: set the variable."),
    ] = None
    llm_timeout: Annotated[
        float, msgspec.Meta(gt=0, le=120, description="Seconds that the language model has for an answer, up to 120.")
    ] = 20.0
    user_agent: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[A-Za-z][ -~]{0,199}$",
            description="How requests to the web name themselves; robots.txt is read for the word before a / or space.",
        ),
    ] = "Dateline"
    fetch_delay: Annotated[
        float,
        msgspec.Meta(ge=0, le=60, description="Least seconds between two requests to one host of the web, up to 60."),
    ] = 1.0
    fetch_networks: Annotated[
        str | None,
        msgspec.Meta(
            description="Networks beside the public internet that may be fetched from, such as 10.1.0.0/16, with commas"
            " between them."
        ),
    ] = None
    keep_versions: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=36_500)] | None,
        msgspec.Meta(
            description="Days that a version stays readable after a newer one replaced it, and with it the citations of"
            " answers given before; all versions stay for good when not set."
        ),
    ] = None
    max_body_bytes: Annotated[
        int, msgspec.Meta(ge=1_000, description="Largest request body that the service takes, in bytes.")
    ] = 16_000_000
    read_only: Annotated[bool, msgspec.Meta(description="Refuse to add, change or remove articles over HTTP.")] = False

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        told = (f"{name}={'…' if name in _SECRETS and value else repr(value)}" for name, value in values)
        return f"Settings({', '.join(told)})"

    @property
    def data_folder(self) -> Path:
        """The data folder's absolute path."""
        return Path(self.data).expanduser().absolute()


SETTINGS_HELP: Mapping[str, str] = {
    name: field.__metadata__[0].description for name, field in get_type_hints(Settings, include_extras=True).items()
}


def load_settings(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    file: str | Path | None = None,
) -> Settings:
    """Return the settings; flags that are None count as not given.

    `environ` is the process's environment when None; `file` is `DATELINE_CONFIG`, else `dateline.toml`
    in the working folder where there is one. Raises SettingsError, which names the line, variable or
    flag at fault.
    """
    environ = os.environ if environ is None else environ
    chosen = file or environ.get("DATELINE_CONFIG")
    layers: tuple[tuple[Callable[[str], str], Mapping[str, Any]], ...] = (
        (lambda name: f"{name} in {chosen or _DEFAULT_FILE}", _from_file(chosen)),
        (lambda name: f"DATELINE_{name.upper()}", _from_environment(environ)),
        (lambda name: f"--{name.replace('_', '-')}", flags or {}),
    )
    merged: dict[str, Any] = {}
    for spelled, values in layers:
        for name, value in values.items():
            if value is not None:
                merged[name] = _checked(name, value, spelled(name))
    return Settings(**merged)


def _checked(name: str, value: Any, spelling: str) -> Any:
    allowed = {field.name: field for field in msgspec.structs.fields(Settings)}
    if name not in allowed:
        raise SettingsError(f"There is no setting {spelling}. Settings are: {', '.join(sorted(allowed))}.")
    try:
        return msgspec.convert(value, allowed[name].type, strict=False)
    except msgspec.ValidationError as error:
        if name in _SECRETS:
            raise SettingsError(f"The setting {spelling} cannot be what it is: {error}.") from None
        raise SettingsError(f"The setting {spelling} cannot be {str(value)[:100]!r}: {error}.") from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {f"DATELINE_{name.upper()}": name for name in Settings.__struct_fields__}
    return {known[variable]: value for variable, value in environ.items() if variable in known and value != ""}


def _from_file(file: str | Path | None) -> dict[str, Any]:
    path = Path(file or _DEFAULT_FILE)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if file is None:
            return {}
        raise SettingsError(f"The settings file {path} is not there. Give the path of a TOML file.") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from error
