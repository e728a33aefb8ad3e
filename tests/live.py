"""A service on a real port of this machine, and a handful of articles to ask it about."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from litestar import Litestar

__all__ = ["HARBOUR", "QUESTIONS", "job_events", "live"]

HARBOUR: list[dict[str, Any]] = [
    {
        "id": "lighthouse",
        "title": "Skerry lighthouse goes dark after 141 years",
        "source": "Harbour Post",
        "authors": ["Ida Marlow"],
        "published_at": "2026-01-12",
        "url": "https://harbour-post.example/skerry-lighthouse",
        "language": "en",
        "text": "The Skerry lighthouse was switched off on Sunday after 141 years.\n\n"
        "The coastguard said that ships no longer steer by it. Keeper Odd Fenwick, 71, turned the key himself.\n\n"
        "“I have said good night to it 9,000 times,” he said. “This time it did not answer.” 🗼 The tower will be sold"
        " for one crown to the village of Brannock, which wants to make it a café.",
    },
    {
        "id": "eels",
        "title": "Eels return to the Tarn canal",
        "source": "Tarn Valley News",
        "published_at": "2026-02-03T07:15:00Z",
        "text": "Young eels have been counted in the Tarn canal for the first time since 1968.\n\n"
        "Biologist Noor Vestergaard found 312 of them in January. She credits the new fish pass at Lock 4, which cost"
        " 86,000 crowns.\n\nAnglers must put any eel back until 2031.",
    },
    {
        "id": "bridge",
        "title": "Hask bridge to close for eleven weeks",
        "source": "Harbour Post",
        "published_at": "2026-02-20",
        "text": "The Hask bridge will be closed to all traffic from April 7, the county said on Friday.\n\n"
        "Rust was found in 40 of its 52 hangers. The repair will take eleven weeks and cost 3.2 million crowns.\n\n"
        "Ambulances will cross by a military ferry. Mayor Şule Brandt called the timing “a gift to nobody”.",
    },
    {
        "id": "bakery",
        "title": "Night bakers win their case",
        "source": "Tarn Valley News",
        "published_at": "2026-03-01",
        "text": "A court in Tarn ruled on Thursday that night bakers must be paid one third more.\n\n"
        "Judge Wilma Osei said that bread does not bake itself. The Crust & Sons bakery, which employs 38 people,"
        " will appeal.",
    },
    {
        "id": "vote",
        "title": "Brannock votes to keep its school",
        "source": "The Brannock Lamp",
        "published_at": "2026-03-15",
        "text": "Brannock keeps its school. 204 of its 377 voters were in favour on Sunday, and 161 against.\n\n"
        "The school has 19 pupils. The county wanted to send them by bus to Hask, 24 kilometres away.",
    },
]
QUESTIONS = [
    "When was the Skerry lighthouse switched off?",
    "Who turned the key of the Skerry lighthouse?",
    "To whom will the lighthouse tower be sold?",
    "How many eels did Noor Vestergaard find?",
    "What did the fish pass at Lock 4 cost?",
    "Until when must anglers put eels back?",
    "When will the Hask bridge be closed?",
    "What was found in the hangers of the bridge?",
    "How will ambulances cross the river?",
    "How much more must night bakers be paid?",
    "How many people does Crust & Sons employ?",
    "How many pupils does the school in Brannock have?",
]


@contextmanager
def live(app: Litestar) -> Iterator[httpx.Client]:
    """Serve `app` on a free port in a thread; give a client of it."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "The server did not start."
            thread.join(0.01)
        [listener] = server.servers
        port = listener.sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def job_events(client: httpx.Client, job_id: str, last: str | None = None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (id, event, job) of a job's events until the stream ends; `last` is the id of the one seen last."""
    headers = {} if last is None else {"last-event-id": last}
    with client.stream("GET", f"/api/jobs/{job_id}/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}
