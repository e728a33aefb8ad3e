"""Contestants as child processes, each in its own environment, and the orders they are given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CONTESTANTS", "Kind", "Process", "environment_of", "installed"]

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Kind:
    """A contestant's name, its module here, and the packages of its environment; none are needed for this one's own."""

    name: str
    module: str
    packages: tuple[str, ...] = ()


CONTESTANTS = (
    Kind("Dateline", "benchmarks.ours"),
    Kind("plain sentence-transformers + chromadb", "benchmarks.plain"),
    Kind("LangChain", "benchmarks.langchain", ("langchain-chroma", "langchain-huggingface", "sentence-transformers")),
    Kind(
        "LlamaIndex",
        "benchmarks.llamaindex",
        ("llama-index-core", "llama-index-vector-stores-chroma", "llama-index-embeddings-huggingface"),
    ),
    Kind("Haystack", "benchmarks.haystack", ("haystack-ai", "chroma-haystack", "sentence-transformers")),
    Kind("txtai", "benchmarks.txtai_faiss", ("txtai",)),
)


def environment_of(kind: Kind, peers: Path) -> Path:
    """Return the Python that runs a contestant."""
    return peers / kind.module.rpartition(".")[2] / "bin" / "python" if kind.packages else Path(sys.executable)


def installed(peers: Path) -> list[Kind]:
    """Return the contestants whose environment is there."""
    return [kind for kind in CONTESTANTS if environment_of(kind, peers).exists()]


class Process:
    """A contestant that runs; `ready_seconds` and `ready_cpu` are what it took until it could be asked."""

    def __init__(self, kind: Kind, peers: Path, folder: Path) -> None:
        self.kind = kind
        folder.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [str(environment_of(kind, peers)), "-W", "ignore", "-m", kind.module, str(folder)],
            cwd=_ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.ready_cpu = float(self._reply()["cpu"])
        self.ready_seconds = time.perf_counter() - began

    def told(self, order: str, **details: Any) -> dict[str, Any]:
        """Give an order and return what comes of it."""
        assert self._process.stdin is not None
        print(json.dumps({"do": order, **details}), file=self._process.stdin, flush=True)
        return self._reply()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.kind.name} ended. Run {self.kind.module} by hand to see why.")
        reply: dict[str, Any] = json.loads(line)
        return reply


def _environment() -> Mapping[str, str]:
    quiet = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
    return {**os.environ, **quiet, "PYTHONPATH": str(_ROOT)}
