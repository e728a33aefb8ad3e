"""Modules say what is public, and importing them costs and does nothing."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import index
import qa

MODULES = sorted(
    found.name for package in (index, qa) for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)
PACKAGES = ["index", "qa", *(name for name in MODULES if hasattr(importlib.import_module(name), "__path__"))]
ENTRY_POINTS = {"qa.__main__"}
LIBRARIES = [
    "chromadb",
    "litestar",
    "openai",
    "sentence_transformers",
    "sqlalchemy",
    "torch",
    "transformers",
    "trafilatura",
]
HEAVIEST = {"chromadb", "openai", "sentence_transformers", "torch"}
# Run in a process of its own: an audit hook cannot be taken away again.
_IMPORT_WITHOUT_NETWORK = """
import importlib, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system"):
        raise RuntimeError(f"{event} {arguments}")

sys.addaudithook(refuse)
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_there_are_modules_of_both_packages() -> None:
    assert {"index.articles", "qa.answering", "qa.web.api"} <= set(MODULES)


@pytest.mark.parametrize("name", sorted(set(MODULES) - ENTRY_POINTS - set(PACKAGES)))
def test_all_lists_what_the_module_defines_for_others(name: str) -> None:
    """Every public function and class, such other names as it wants, and nothing that it has from elsewhere."""
    module = importlib.import_module(name)
    listed = list(module.__all__)
    defined = _defined(module)
    assert len(set(listed)) == len(listed)
    assert set(listed) <= defined
    # A command or a route is defined for its decorator.
    expected = {
        entry for entry in defined if inspect.isfunction(value := getattr(module, entry)) or inspect.isclass(value)
    }
    assert {entry for entry in expected if not entry.startswith("_")} <= set(listed)


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_define_nothing(name: str) -> None:
    """A package lists at most what its modules define: nothing is written in it."""
    assert _defined(importlib.import_module(name)) <= {"__all__"}


def _defined(module: ModuleType) -> set[str]:
    """Return the names that a module's own statements define, imports not counted."""
    body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    names = {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_importing_anything_opens_no_connection_and_runs_no_program() -> None:
    done = _python(_IMPORT_WITHOUT_NETWORK, *(name for name in MODULES if name not in ENTRY_POINTS))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_line_is_there_without_the_heavy_libraries() -> None:
    done = _python(f"import qa.cli, sys; print(*sorted(set({LIBRARIES}) & set(sys.modules)))")
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


@pytest.mark.parametrize("name", ["index.embedding", "index.vectors", "index.catalogue", "qa.dateline", "qa.app"])
def test_the_model_and_chroma_are_loaded_when_first_used(name: str) -> None:
    done = _python(f"import {name}, sys; print(*sorted({HEAVIEST} & set(sys.modules)))")
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def _python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments], capture_output=True, encoding="utf-8", timeout=120
    )
