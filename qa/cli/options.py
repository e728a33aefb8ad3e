"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from qa.settings import SETTINGS_HELP, Settings, load_settings

__all__ = ["json_option", "settings_options"]

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option(
    "--json", "json_to", metavar="FILE", is_flag=False, flag_value="-", help="Write JSON to FILE; - prints it instead."
)


def settings_options(*names: str) -> Callable[[F], F]:
    """Add --config and a flag for each named setting, and pass the command its Settings."""

    def decorate(command: F) -> F:
        @wraps(command)
        def run(config: str | None, **arguments: Any) -> Any:
            flags = {name: arguments.pop(name) for name in (*names, "data")}
            return command(settings=load_settings(flags, file=config), **arguments)

        for name in reversed(("data", *names)):
            flag = name.replace("_", "-")
            is_switch = isinstance(getattr(Settings(), name), bool)
            spelling = f"--{flag}/--no-{flag}" if is_switch else f"--{flag}"
            run = click.option(spelling, name, default=None, help=SETTINGS_HELP[name])(run)
        config = click.option(
            "--config", metavar="FILE", help="TOML file with settings; default: dateline.toml, if there."
        )
        return config(run)  # type: ignore[return-value]

    return decorate
