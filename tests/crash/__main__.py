"""`python -m tests.crash --rounds N --seed S`: harm a collection again and again, and check it after each time."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from index.indexing import Indexer
from tests.crash.expected import Broken, Change, Expected, Opened, check
from tests.crash.rounds import HARMS, ROUNDS
from tests.fakes import FakeEmbedder, invented_article

__all__ = ["Tally", "crash", "damage_each"]

# A collection is begun anew now and then, so that young ones are harmed too.
_ROUNDS_EACH = 20


class Tally:
    """What the rounds of each kind came to."""

    def __init__(self) -> None:
        self.rounds: Counter[str] = Counter()
        self.acknowledged: Counter[str] = Counter()
        self.healed: Counter[str] = Counter()
        self.broken: list[tuple[str, int, str]] = []

    def table(self) -> Table:
        """Return the counts, a row for each kind and one for all."""
        table = Table("harm", "rounds", "changes acknowledged", "healed", "promises broken")
        broken = Counter(kind for kind, _, _ in self.broken)
        for kind in self.rounds:
            cells = (self.rounds[kind], self.acknowledged[kind], self.healed[kind], broken[kind])
            table.add_row(kind, *(f"{cell:,}" for cell in cells))
        totals = (self.rounds, self.acknowledged, self.healed, broken)
        table.add_row("all", *(f"{counter.total():,}" for counter in totals), style="bold")
        return table


def crash(rounds: int, seed: int, folder: Path, tell: Console | None = None) -> Tally:
    """Harm collections in a folder `rounds` times, each in a way that chance chooses, and check after each."""
    chance, tally = random.Random(seed), Tally()
    kinds, weights = list(ROUNDS), [weight for _, weight in ROUNDS.values()]
    expected, path = Expected(), folder / "first"
    for number in range(rounds):
        if number % _ROUNDS_EACH == 0:
            expected, path = Expected(), folder / f"collection-{number}"
        # Every kind in turn first, so that a handful of rounds has each.
        kind = kinds[number] if number < len(kinds) and weights[number] else chance.choices(kinds, weights)[0]
        began, before = time.monotonic(), expected.acknowledged
        try:
            changes = ROUNDS[kind][0](path, chance)
            expected.apply(changes)
            report = check(path, expected, changes[-1] if changes else None)
            tally.healed[kind] += len(report.healed)
            outcome = f"{report.articles} articles{''.join(f'; {line}' for line in report.healed)}"
        except Broken as error:
            tally.broken.append((kind, number, str(error)))
            outcome = f"BROKEN: {error}"
            expected, path = Expected(), folder / f"collection-after-{number}"
        tally.rounds[kind] += 1
        tally.acknowledged[kind] += max(0, expected.acknowledged - before)
        if tell:
            tell.print(
                f"{number + 1:4} {kind}, {time.monotonic() - began:.1f} s: {outcome}", highlight=False, soft_wrap=True
            )
    return tally


def damage_each(folder: Path, articles: int = 100) -> Tally:
    """Damage each of Chroma's files in each way, and check what is opened then, and that the log tells of it."""
    tally, kind = Tally(), "each of Chroma's files damaged in each way"
    changes = [Change(tuple(range(articles)), 140, is_acknowledged=True)]
    sound = folder / "sound"
    opened = Opened(sound)
    Indexer(opened.catalogue, opened.dense, FakeEmbedder()).index_articles(
        [invented_article(n, sentences=140) for n in range(articles)]
    )
    opened.close()
    files = sorted(file.relative_to(sound) for file in (sound / "chroma").rglob("*") if file.is_file())
    for number, (file, harm) in enumerate((file, harm) for file in files for harm in HARMS):
        expected, path = Expected(), Path(shutil.copytree(sound, folder / "harmed"))
        expected.apply(changes)
        sound_content = (path / file).read_bytes()
        HARMS[harm](path / file)
        if (path / file).exists() and (path / file).read_bytes() == sound_content:
            # Zeros that are zeroed are no damage.
            shutil.rmtree(path)
            continue
        tally.rounds[kind] += 1
        try:
            report = check(path, expected)
            tally.healed[kind] += bool(report.healed)
            if not report.healed:
                raise Broken(f"{file} {harm}: the log tells nothing")
        except Broken as error:
            tally.broken.append((kind, number, f"{file} {harm}: {error}"))
        shutil.rmtree(path)
    shutil.rmtree(sound)
    return tally


def main() -> int:
    """Run as a command; exit with 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--files", action="store_true", help="then damage each of Chroma's files in each way")
    arguments = parser.parse_args()
    console = Console()
    console.print(f"seed {arguments.seed}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        tallies = [crash(arguments.rounds, arguments.seed, Path(folder), console)]
        if arguments.files:
            tallies.append(damage_each(Path(folder)))
    for tally in tallies:
        console.print(tally.table())
        for kind, number, what in tally.broken:
            console.print(f"round {number + 1}, {kind}: {what}", soft_wrap=True)
    return 1 if any(tally.broken for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
