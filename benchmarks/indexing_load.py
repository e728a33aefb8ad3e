"""How fast a service answers over HTTP while it indexes, against when it is idle: `python -m benchmarks.indexing_load`.

A real service over the demo collection is asked, one question at a time: idle, while a job indexes invented articles,
and idle again. What else the machine does meets all three, so that the ratio holds where times do not.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from index.folder import read_owner
from tests.fakes import invented_text

ROOT = Path(__file__).parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=200, help="questions asked in each of the three phases")
    parser.add_argument("--articles", type=int, default=20_000, help="articles that the job would index")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        write_articles(Path(scratch) / "news.jsonl", options.articles)
        with serving(Path(scratch) / "data") as client:
            print(json.dumps(measure(client, Path(scratch) / "news.jsonl", options.questions), indent=1))


def write_articles(path: Path, number: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for each in range(number):
            file.write(json.dumps({"id": f"story-{each}", "text": invented_text(each, 16)}) + "\n")


@contextmanager
def serving(data: Path) -> Iterator[httpx.Client]:
    """Start a service over the demo collection; give a client that its operator's commands would have."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as service:
        try:
            assert service.stderr
            found = next(filter(None, (re.search(r"answers at (\S+)", line) for line in service.stderr)))
            owner = read_owner(data)
            assert owner
            headers = {"authorization": f"Bearer {owner.secret}"}
            with httpx.Client(base_url=found[1], headers=headers, timeout=120) as client:
                yield client
        finally:
            service.kill()


def measure(client: httpx.Client, news: Path, number: int) -> dict[str, Any]:
    asked = questions()
    ended(client, started(client, ROOT / "qa" / "demo"))
    answer_times(client, asked, 20)
    before = answer_times(client, asked, number)
    job = started(client, news)
    while not client.get(f"/api/jobs/{job}").json()["done"]:
        time.sleep(0.1)
    stored, began = articles(client), time.perf_counter()
    during = answer_times(client, asked, number)
    rate = (articles(client) - stored) / (time.perf_counter() - began)
    still = client.delete(f"/api/jobs/{job}").json()["state"]
    ended(client, job)
    idle = before + answer_times(client, asked, number)
    return {
        "idle_ms": told(idle),
        "indexing_ms": told(during),
        "ratio": {name: round(told(during)[name] / told(idle)[name], 2) for name in ("p50", "p95")},
        "articles_per_second_meanwhile": round(rate, 1),
        "job_ran_throughout": still == "running",
    }


def started(client: httpx.Client, path: Path) -> str:
    return str(client.post("/api/index", json={"paths": [str(path)]}).raise_for_status().json()["id"])


def ended(client: httpx.Client, job: str) -> None:
    while client.get(f"/api/jobs/{job}").json()["state"] in ("waiting", "running"):
        time.sleep(0.1)


def questions() -> Iterator[str]:
    """Return questions without end, none twice: an answer that is kept is not what is measured."""
    known = json.loads((ROOT / "tests" / "demo_questions.json").read_text(encoding="utf-8"))
    for turn in itertools.count():
        for each in known:
            yield f"{each['question']} ({turn})"


def answer_times(client: httpx.Client, asked: Iterator[str], number: int) -> list[float]:
    """Return the milliseconds that each of so many answers took."""
    times = []
    for question in itertools.islice(asked, number):
        began = time.perf_counter()
        client.post("/api/answer", json={"question": question}).raise_for_status()
        times.append((time.perf_counter() - began) * 1000)
    return times


def articles(client: httpx.Client) -> int:
    return int(client.get("/health/ready").json()["articles"])


def told(times: list[float]) -> dict[str, float]:
    centiles = statistics.quantiles(times, n=100)
    return {"p50": round(centiles[49], 1), "p95": round(centiles[94], 1)}


if __name__ == "__main__":
    main()
