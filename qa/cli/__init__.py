"""The `dateline` command, one file for each family of commands; heavy imports wait until a command needs them."""

from qa.cli.command import cli as cli
from qa.cli.command import main as main
