"""The side of a contestant: a process of its own that does what it is told, line by line. Only the standard library."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Contestant", "chunks_of", "serve"]

Article = dict[str, Any]


class Contestant(Protocol):
    """What is measured: articles in, the ids of the ten nearest chunks out."""

    def index(self, articles: Sequence[Article]) -> None:
        """Make articles, each with the `chunks` that it is to be found by, durable and searchable."""

    def find(self, question: str) -> list[str]:
        """Return the ids of the ten best chunks, having read their texts."""

    def forward(self, question: str) -> object:
        """Embed a question and no more: the least that finding by embedding takes."""


def chunks_of(articles: Sequence[Article]) -> tuple[list[str], list[str]]:
    """Return the ids and the texts of the articles' chunks, each text headed by its title."""
    chunks = [chunk for article in articles for chunk in article["chunks"]]
    return [chunk["id"] for chunk in chunks], [chunk["text"] for chunk in chunks]


def serve(make: Callable[[Path], Contestant]) -> None:
    """Make a contestant in the folder that is named on the command line, and do what standard input asks of it."""
    # What libraries print is not to stand among the replies.
    replies, sys.stdout = sys.stdout, sys.stderr
    contestant = make(Path(sys.argv[1]))
    print(json.dumps({"cpu": time.process_time()}), file=replies, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        reply = _DONE[order["do"]](contestant, order)
        print(json.dumps(reply), file=replies, flush=True)


def _index(contestant: Contestant, order: dict[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    contestant.index(order["articles"])
    return {"seconds": time.perf_counter() - began}


def _find(contestant: Contestant, order: dict[str, Any]) -> dict[str, Any]:
    found, times = [], []
    for question in order["questions"]:
        began = time.perf_counter()
        found.append(contestant.find(question))
        times.append((time.perf_counter() - began) * 1_000)
    return {"ms": times, "found": found}


def _forward(contestant: Contestant, order: dict[str, Any]) -> dict[str, Any]:
    times = []
    for question in order["questions"]:
        began = time.perf_counter()
        contestant.forward(question)
        times.append((time.perf_counter() - began) * 1_000)
    return {"ms": times}


def _storm(contestant: Contestant, order: dict[str, Any]) -> dict[str, Any]:
    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(order["threads"]) as threads:
        list(threads.map(contestant.find, order["questions"]))
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def _peak(contestant: Contestant, order: dict[str, Any]) -> dict[str, Any]:
    told = Path("/proc/self/status").read_text()
    return {"mb": int(told.partition("VmHWM:")[2].split()[0]) / 1_024, "cpu": time.process_time()}


_DONE = {"index": _index, "find": _find, "forward": _forward, "storm": _storm, "peak": _peak}
