"""Measure indexing against its limit and against plain tools: `python -m benchmarks.indexing --articles FOLDER`.

Text to durable and searchable, in turns within one run. The limit is Dateline's embedder alone over the same chunks.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.corpus import read_articles
from benchmarks.running import Kind, Process

_KINDS = (
    Kind("Dateline, dateline index", "benchmarks.files"),
    Kind("Dateline's embedder alone", "benchmarks.bare"),
    Kind("plain sentence-transformers + chromadb", "benchmarks.plain"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indexing", description=__doc__)
    parser.add_argument("--articles", type=Path, required=True, help="folder with articles.jsonl.gz somewhere in it")
    parser.add_argument("--chunks", type=int, default=3_000, help="chunks to index at least, in all rounds together")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    articles = read_articles(options.articles, options.chunks)
    with tempfile.TemporaryDirectory() as scratch:
        processes = [Process(kind, Path(), Path(scratch) / kind.module) for kind in _KINDS]
        taken = [_measured(articles, processes, turn, options.rounds) for turn in range(options.rounds)]
        for process in processes:
            process.close()
    print("| | chunks/s | CPU-ms a chunk |\n|---|---|---|")
    for number, kind in enumerate(_KINDS):
        rates, costs = zip(*(each[number] for each in taken), strict=True)
        print(f"| {kind.name} | {_spread(rates)} | {_spread(costs)} |")


def _measured(articles: list[dict[str, Any]], processes: list[Process], turn: int, rounds: int) -> list[list[float]]:
    """Return chunks per second and CPU milliseconds per chunk of each process in one round; the first article warms."""
    part = articles[1 + turn :: rounds]
    chunks = sum(len(article["chunks"]) for article in part)
    taken = [[0.0, 0.0] for _ in processes]
    for number in [(turn + step) % len(processes) for step in range(len(processes))]:
        process = processes[number]
        process.told("index", articles=articles[:1])
        before = process.told("peak")["cpu"]
        seconds = process.told("index", articles=part)["seconds"]
        taken[number] = [chunks / seconds, (process.told("peak")["cpu"] - before) / chunks * 1_000]
    return taken


def _spread(values: tuple[float, ...]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


if __name__ == "__main__":
    main()
