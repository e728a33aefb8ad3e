"""The wheel: what pip installs is all that Dateline needs when it runs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[PurePosixPath, bytes]:
    """Contents of the wheel by path, as built here and now."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    [path] = folder.glob("dateline-*.whl")
    with zipfile.ZipFile(path) as archive:
        return {PurePosixPath(name): archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel: dict[PurePosixPath, bytes]) -> Message:
    """What the wheel says of itself."""
    [text] = [content for path, content in wheel.items() if path.name == "METADATA"]
    return Parser().parsestr(text.decode("utf-8"))


def test_holds_both_packages_to_the_byte_and_nothing_else(wheel: dict[PurePosixPath, bytes]) -> None:
    ours = {
        PurePosixPath(path.relative_to(ROOT).as_posix()): path.read_bytes()
        for package in ("index", "qa")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {path: content for path, content in wheel.items() if not path.parts[0].endswith(".dist-info")} == ours


@pytest.mark.parametrize(
    ("folder", "suffix"),
    [
        ("index", ".py"),
        ("qa", ".py"),
        ("qa/web", ".py"),
        ("qa/models/reader", ".onnx"),
        ("qa/templates", ".html"),
        ("qa/evaluation/templates", ".html"),
        ("qa/static", ".css"),
        ("qa/demo", ".md"),
    ],
)
def test_carries(wheel: dict[PurePosixPath, bytes], folder: str, suffix: str) -> None:
    assert any(path.parent == PurePosixPath(folder) and path.suffix == suffix for path in wheel)


def test_offers_the_command_and_the_licence(wheel: dict[PurePosixPath, bytes], metadata: Message) -> None:
    [entry_points] = [content for path, content in wheel.items() if path.name == "entry_points.txt"]
    scripts = ConfigParser()
    scripts.read_string(entry_points.decode("utf-8"))
    assert dict(scripts["console_scripts"]) == {"dateline": "qa.cli:main"}
    assert metadata["License-Expression"] == "MIT"
    assert any(path.name == "LICENSE" for path in wheel)


def test_asks_for_a_known_python_and_no_test_tools(metadata: Message) -> None:
    assert metadata["Requires-Python"] == ">=3.11"
    always = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert not [line for line in always if line.startswith(("pytest", "mypy", "ruff", "playwright"))]
    assert "chromadb<1.6,>=1.5.9" in always
