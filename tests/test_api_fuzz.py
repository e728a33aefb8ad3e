"""The service keeps to its own description, whatever it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from qa.app import create_app
from qa.dateline import Dateline
from qa.settings import Settings
from qa.web.schema import described
from tests.live import HARBOUR, live

schema = schemathesis.openapi.from_dict(described(create_app(Settings())))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    chosen = Settings(data=str(tmp_path_factory.mktemp("fuzzed")))
    with Dateline(chosen) as dateline, live(create_app(chosen, dateline)) as client:
        client.post("/api/articles", json=HARBOUR).raise_for_status()
        yield str(client.base_url)


@schema.parametrize()
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_api_keeps_to_its_description(case: schemathesis.Case[Any], address: str) -> None:
    # A longer address the web server itself refuses, in its own words.
    assume(len(str(case.query)) < 4_000)
    # What is allowed cannot all be told in a schema: that a question has words, that a date exists.
    case.call_and_validate(base_url=address, timeout=30, excluded_checks=[positive_data_acceptance])
