"""The real service over a folder, with a stand-in for the embedding model; it prints its address once it listens.

Run as `python -m tests.crash.service FOLDER`.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from index.catalogue import Catalogue
from index.folder import DataFolder
from qa import dateline as wiring
from qa.dateline import Dateline
from qa.serving import bound_socket, serve_until_stopped
from qa.settings import Settings
from tests.crash.busy import embedder_of


def main(folder: str) -> None:
    """Serve until it is killed."""
    held = DataFolder(Path(folder), command="service")
    with closing(Catalogue.open(held.catalogue_file)) as catalogue:
        embedder = embedder_of(catalogue)
    held.release()
    wiring.open_embedder = lambda *_: embedder  # type: ignore[attr-defined]
    settings = Settings(data=folder, reader="none", port=0)
    with bound_socket(settings) as (listening, url), Dateline(settings, command="dateline serve") as dateline:
        dateline.load_model()
        listening.listen()
        print(url, flush=True)
        serve_until_stopped(dateline, listening)


if __name__ == "__main__":
    main(sys.argv[1])
