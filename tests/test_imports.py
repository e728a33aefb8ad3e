"""What a command loads: a question needs neither PyTorch nor Chroma, and nothing of the web service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from index.articles import make_article
from qa.dateline import Dateline
from qa.settings import Settings
from tests.live import HARBOUR

# Each takes from a fifth of a second to ten seconds to import.
NEEDLESS = {
    *("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "onnx", "pandas"),
    *("chromadb", "litestar", "uvicorn", "trafilatura", "openai", "psycopg", "alembic", "nupunkt"),
}
_RUN = f"""
import sys
from qa.cli import main

sys.argv = ["dateline", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted({NEEDLESS} & set(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    with Dateline(Settings(data=str(folder))) as dateline:
        dateline.indexer.index_articles([make_article(**fields) for fields in HARBOUR])
    return folder


@pytest.mark.parametrize(
    "command", [["ask", "How many passengers did the ferry carry?"], ["articles", "list"], ["status"]]
)
def test_a_command_loads_nothing_that_it_does_not_need(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *command, "--data", str(folder)],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert done.stdout
