"""Asking the running service that owns the data folder."""

from __future__ import annotations

import httpx
import msgspec

from index.errors import DatelineError
from qa.answers import Question
from qa.web.bodies import AnswerBody

__all__ = ["ask_service"]


def ask_service(url: str, question: Question) -> AnswerBody:
    """Return the service's answer; raises DatelineError when it does not give one."""
    filters = question.filters
    body = {
        "question": question.text,
        "max_citations": question.max_citations,
        "filters": {
            "sources": filters.sources,
            "published_from": filters.published_from,
            "published_to": filters.published_to,
            "article_ids": filters.article_ids,
        },
        "as_of": question.as_of,
    }
    try:
        # The owner is on this machine: a proxy of the environment has no business here.
        response = httpx.post(f"{url}/api/answer", json=body, timeout=150, trust_env=False)
        response.raise_for_status()
        return msgspec.json.decode(response.content, type=AnswerBody)
    except (httpx.HTTPError, msgspec.MsgspecError) as error:
        raise DatelineError(
            f"The service at {url} owns the data folder but gave no answer ({error}). Ask again, or stop the service."
        ) from error
