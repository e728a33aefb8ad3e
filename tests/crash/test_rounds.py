"""A handful of the rounds that `python -m tests.crash` runs by the hundred."""

from __future__ import annotations

import random
from pathlib import Path

from tests.crash.__main__ import crash


def test_no_promise_is_broken_by_kills_full_disks_and_damage(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    seed = random.SystemRandom().randrange(10**9)
    tally = crash(6, seed, tmp_path)
    assert (tally.broken, seed) == ([], seed)
    assert tally.acknowledged.total()
