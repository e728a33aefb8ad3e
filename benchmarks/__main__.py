"""Measure Dateline beside others, in turns within one run: `make bench`.

Every figure is a median over rounds, in each of which every contestant has its turn, in an order that rotates. So what
else the machine does meets all of them, and their ratios hold where times do not.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.corpus import read_articles, read_questions
from benchmarks.running import Kind, Process, installed
from benchmarks.writing import tables

_ROUNDS = 5
_THREADS = (1, 8, 32)


def main() -> None:
    options = _options()
    articles = read_articles(options.articles, options.chunks)
    questions = read_questions(options.questions or options.articles, options.asked)
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        measured = measure(installed(options.peers), options.peers, Path(scratch), articles, questions)
    measured["machine"] = _machine()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    print(tables(measured))


def measure(
    kinds: list[Kind], peers: Path, scratch: Path, articles: list[dict[str, Any]], questions: list[str]
) -> dict[str, Any]:
    """Return what each contestant takes, by its name."""
    processes = [Process(kind, peers, scratch / kind.module) for kind in kinds]
    taken: dict[str, dict[str, Any]] = {
        kind.name: {"index": [], "find": [], "forward": [], "storm": {}, "cold": []} for kind in kinds
    }
    # The first article warms everything up, in every contestant.
    for process in processes:
        process.told("index", articles=articles[:1])
        process.told("find", questions=questions[:3])
    for turn, part in enumerate(_parts(articles[1:], _ROUNDS)):
        chunks = sum(len(article["chunks"]) for article in part)
        for process in _rotated(processes, turn):
            taken[process.kind.name]["index"].append(chunks / process.told("index", articles=part)["seconds"])
    for turn, part in enumerate(_parts(questions, _ROUNDS)):
        for process in _rotated(processes, turn):
            mine = taken[process.kind.name]
            mine["find"].append(process.told("find", questions=part)["ms"])
            # Words that were not embedded yet: answers and embeddings that are kept are not what is measured.
            mine["forward"].append(process.told("forward", questions=[f"{question} So?" for question in part])["ms"])
    for turn, part in enumerate(_parts(questions, _ROUNDS)):
        for threads in _THREADS:
            fresh = [f"{question} In {threads}?" for question in part]
            for process in _rotated(processes, turn):
                told = process.told("storm", questions=fresh, threads=threads)
                mine = taken[process.kind.name]["storm"].setdefault(str(threads), [])
                mine.append((len(part) / told["seconds"], told["cpu"] / len(part) * 1_000))
    for process in processes:
        taken[process.kind.name]["peak_mb"] = process.told("peak")["mb"]
        process.close()
    for turn in range(_ROUNDS):
        for kind in _rotated(kinds, turn):
            again = Process(kind, peers, scratch / kind.module)
            again.told("find", questions=questions[:1])
            taken[kind.name]["cold"].append((again.ready_seconds, again.told("peak")["cpu"]))
            again.close()
    chunks = sum(len(article["chunks"]) for article in articles)
    return {"chunks": chunks, "questions": len(questions), "contestants": {n: _summary(t) for n, t in taken.items()}}


def _summary(taken: dict[str, Any]) -> dict[str, Any]:
    """Return each measure's median with the lowest and the highest round."""
    return {
        "index_chunks_per_s": _spread(taken["index"]),
        "find_p50_ms": _spread([statistics.median(times) for times in taken["find"]]),
        "find_p95_ms": _spread([statistics.quantiles(times, n=20)[-1] for times in taken["find"]]),
        "forward_p50_ms": _spread([statistics.median(times) for times in taken["forward"]]),
        "per_s": {threads: _spread([rate for rate, _ in rounds]) for threads, rounds in taken["storm"].items()},
        "cpu_ms": {threads: _spread([cpu for _, cpu in rounds]) for threads, rounds in taken["storm"].items()},
        "peak_mb": taken["peak_mb"],
        "ready_s": _spread([ready for ready, _ in taken["cold"]]),
        "cold_cpu_s": _spread([cpu for _, cpu in taken["cold"]]),
    }


def _spread(values: list[float]) -> list[float]:
    return [round(value, 3) for value in (statistics.median(values), min(values), max(values))]


def _parts(values: list[Any], count: int) -> list[list[Any]]:
    return [values[start::count] for start in range(count)]


def _rotated(values: list[Any], turn: int) -> list[Any]:
    return values[turn % len(values) :] + values[: turn % len(values)]


def _machine() -> dict[str, str]:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    cpu = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")
    packages = ("chromadb", "onnxruntime", "torch", "sentence-transformers", "numpy")
    return {"cpu": cpu, "python": platform.python_version(), **{name: version(name) for name in packages}}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--articles", type=Path, required=True, help="folder with articles.jsonl.gz somewhere in it")
    parser.add_argument("--questions", type=Path, help="folder with questions.jsonl somewhere in it; else --articles")
    parser.add_argument("--chunks", type=int, default=5_000, help="chunks to index at least")
    parser.add_argument("--asked", type=int, default=300, help="questions to ask at most")
    parser.add_argument("--peers", type=Path, default=Path(".bench"), help="where make bench-peers put environments")
    parser.add_argument("--scratch", type=Path, help="folder for what is indexed; else the system's")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
