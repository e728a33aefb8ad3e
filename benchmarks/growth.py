"""What a question costs as the collection grows: `python -m benchmarks.growth --articles FOLDER`.

CPU time stands beside time: on a machine that does other things too, it is what tells.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus import read_articles, read_questions
from benchmarks.ours import Ours
from qa.answering import checked_question
from qa.answers import Question

__all__ = ["asked"]

_ARTICLES_AT_ONCE = 50


def main() -> None:
    options = _options()
    sizes = sorted(map(int, options.sizes.split(",")))
    articles = read_articles(options.articles, sizes[-1])
    questions = read_questions(options.articles, options.asked)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        ours, chunks = Ours(Path(folder)), 0
        while articles:
            part, articles = articles[:_ARTICLES_AT_ONCE], articles[_ARTICLES_AT_ONCE:]
            ours.index(part)
            chunks += sum(len(article["chunks"]) for article in part)
            if sizes and (chunks >= sizes[0] or not articles):
                sizes.pop(0)
                print(f"{chunks:,} chunks: {asked(ours, questions)}", flush=True)


def asked(ours: Ours, questions: Sequence[str]) -> str:
    """Return what finding passages takes, the question's embedding apart."""
    retriever = ours.dateline.answerer._retriever
    embedded = [(q := checked_question(Question(text)), retriever.embed(q)) for text in questions]
    times, cpu = [], []
    for question, embedding in embedded:
        began, began_cpu = time.perf_counter(), time.thread_time()
        retriever.retrieve(question, embedding, 10)
        cpu.append((time.thread_time() - began_cpu) * 1_000)
        times.append((time.perf_counter() - began) * 1_000)
    return (
        f"p50 {statistics.median(times):.2f} ms, p95 {statistics.quantiles(times, n=20)[-1]:.2f} ms,"
        f" CPU p50 {statistics.median(cpu):.2f} ms"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--articles", type=Path, required=True, help="folder of articles and questions")
    parser.add_argument("--sizes", default="1000,10000,100000", help="chunks at which questions are asked")
    parser.add_argument("--asked", type=int, default=200, help="questions to ask at most")
    parser.add_argument("--scratch", type=Path, help="folder for what is indexed; else the system's")
    return parser.parse_args()


if __name__ == "__main__":
    main()
