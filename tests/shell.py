"""The `dateline` command as a process, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SECONDS", "Shell"]

SECONDS = 120


@dataclass(frozen=True)
class Shell:
    """Runs `dateline` in a folder of its own, without the settings of whoever runs the tests."""

    folder: Path

    def run(self, *arguments: str, expect: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and hold it to its exit code and to plain, orderly output."""
        with self.start(*arguments, **environ) as process:
            out, err = process.communicate(timeout=SECONDS)
        assert process.returncode == expect, err
        assert "Traceback" not in err
        assert "\x1b" not in out + err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    @contextmanager
    def start(self, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
        command = shutil.which("dateline", path=Path(sys.executable).parent)
        assert command, "Dateline is not installed beside this Python"
        with subprocess.Popen(
            [command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=self.folder,
            env=kept | {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"} | environ,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def serve(self, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """Start the service on a free port; give its process and URL once it answers."""
        with self.start("serve", "--port", "0", *arguments) as process:
            assert process.stderr
            line = process.stderr.readline()
            found = re.search(r"answers at (http://127\.0\.0\.1:\d+)", line)
            assert found, line + process.stderr.read()
            yield process, found[1]
