"""compose.yaml and the Dockerfile: valid, and what they promise of safety and health."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from qa.settings import SETTINGS_HELP, load_settings

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
WEB, CHROMA, POSTGRES = SERVICES["web"], SERVICES["chroma"], SERVICES["postgres"]
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text("utf-8"))


def instructions(name: str) -> list[str]:
    """Arguments of every such instruction in the Dockerfile, in order."""
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def image_environment() -> dict[str, str]:
    """Variables that the image sets."""
    return dict(pair.split("=", 1) for pair in instructions("ENV")[-1].split())


def image_health_check() -> list[str]:
    """The image's own health check, as arguments."""
    [check] = instructions("HEALTHCHECK")
    command: list[str] = json.loads(check.partition("CMD ")[2])
    return command


def test_compose_file_is_valid() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_validation_notices_a_mistake(tmp_path: Path) -> None:
    broken = tmp_path / "compose.yaml"
    broken.write_text((ROOT / "compose.yaml").read_text("utf-8").replace("stop_grace_period", "stop_grace"), "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(broken)]
    assert subprocess.run(command, capture_output=True).returncode == 1


def test_only_web_services_are_reachable_and_from_this_machine_only() -> None:
    assert WEB["ports"] == ["127.0.0.1:8000:8000"]
    assert SERVICES["web-2"]["ports"] == ["127.0.0.1:8001:8000"]
    for server in (CHROMA, POSTGRES):
        assert not {"ports", "expose"} & server.keys()
        assert [COMPOSE["networks"][name]["internal"] for name in server["networks"]] == [True]
        assert set(server["networks"]) < set(WEB["networks"])


def test_web_speaks_to_the_chroma_service() -> None:
    assert WEB["depends_on"]["chroma"] == {"condition": "service_healthy"}
    assert load_settings(environ=web_environment({})).chroma_url == "http://chroma:8000"
    assert load_settings(environ=web_environment({})).database_url is None


def test_with_a_password_both_web_services_share_the_database() -> None:
    """The second runs with the profile only: two services cannot share a data folder."""
    assert WEB["depends_on"]["postgres"] == {"condition": "service_healthy", "required": False}
    assert "profiles" not in WEB
    assert SERVICES["web-2"]["profiles"] == POSTGRES["profiles"] == ["postgresql"]
    assert {**SERVICES["web-2"], "ports": WEB["ports"], "profiles": None} == {**WEB, "profiles": None}
    url = load_settings(environ=web_environment({"DATELINE_DATABASE_PASSWORD": "moth"})).database_url
    assert url == f"postgresql://{POSTGRES['environment']['POSTGRES_USER']}:moth@postgres/dateline"
    assert "DATELINE_DATABASE_PASSWORD" in POSTGRES["environment"]["POSTGRES_PASSWORD"]


def web_environment(variables: dict[str, str]) -> dict[str, str]:
    """The web service's variables as Compose fills them in: `${NAME:-}`, and `${NAME:+text}` around others."""

    def filled(text: str) -> str:
        text = re.sub(r"\$\{(\w+)(?::-)?\}", lambda found: variables.get(found[1], ""), text)
        return re.sub(r"\$\{(\w+):\+(.*)\}", lambda found: found[2] if variables.get(found[1]) else "", text)

    return {name: filled(text) for name, text in WEB["environment"].items()}


@pytest.mark.parametrize("environment", [web_environment({}), image_environment()], ids=["compose", "image"])
def test_variables_are_settings(environment: dict[str, str]) -> None:
    names = {name for name in environment if name.startswith("DATELINE_")}
    assert names <= {f"DATELINE_{name.upper()}" for name in SETTINGS_HELP}
    settings = load_settings(environ=environment)
    assert (settings.data, settings.host, settings.port) == ("/data", "0.0.0.0", 8000)


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())
def test_service_has_few_rights_and_time_to_stop(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["stop_grace_period"] == "30s"
    assert "privileged" not in service


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())
def test_service_keeps_data_in_a_named_volume(service: dict[str, Any]) -> None:
    [(name, path)] = [volume.split(":") for volume in service["volumes"]]
    assert path == ("/var/lib/postgresql/data" if service is POSTGRES else "/data")
    assert name in COMPOSE["volumes"]


def test_web_writes_only_to_its_volume_and_tmp() -> None:
    assert WEB["read_only"] is True
    assert WEB["tmpfs"] == ["/tmp"]
    assert load_settings(environ=web_environment({})).data == "/data"
    assert image_environment()["HOME"] == "/tmp"


def test_images_are_pinned_and_chroma_is_the_version_of_the_client() -> None:
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    [client] = re.findall(r"^chromadb==(\S+)$", constraints, re.MULTILINE)
    assert CHROMA["image"] == f"chromadb/chroma:{client}"
    assert re.fullmatch(r"postgres:\d+", POSTGRES["image"])
    assert all(re.fullmatch(r"python:3\.\d+-slim( AS build)?", image) for image in instructions("FROM"))


def test_image_runs_as_nobody_in_particular() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    [user] = re.findall(r"^USER (\d+):\d+$", final, re.MULTILINE)
    assert int(user) > 1000
    assert not re.search(r"^(RUN|COPY|ADD) ", final.partition(f"USER {user}")[2], re.MULTILINE)
    assert instructions("VOLUME") == ["/data"]


def test_what_the_image_copies_is_sent_to_the_builder() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = {name for copy in instructions("COPY") if "--from" not in copy for name in copy.split()[:-1]}
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("check", [WEB["healthcheck"]["test"][1:], image_health_check()], ids=["compose", "image"])
def test_web_health_check_follows_readiness(check: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200) as (port, asked):
        monkeypatch.setenv("DATELINE_PORT", str(port))
        assert run(check, port) == 0
        assert asked == ["/health/ready"]
    with answering(503) as (port, _):
        monkeypatch.setenv("DATELINE_PORT", str(port))
        assert run(check, port) != 0


def test_chroma_health_check_fails_on_an_error_and_on_silence() -> None:
    check = CHROMA["healthcheck"]["test"][1:]
    with answering(503) as (port, asked):
        assert run(check, port) != 0
        assert asked == ["/api/v2/healthcheck"]
    assert run(check, port) != 0


@pytest.mark.server
def test_chroma_health_check_passes_on_a_real_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    chroma = Path(sys.executable).with_name("chroma")
    command = [str(chroma), "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(tmp_path / "vectors")]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            check = CHROMA["healthcheck"]["test"][1:]
            deadline = time.monotonic() + 60
            while run(check, port) and time.monotonic() < deadline:
                assert server.poll() is None, "the server ended"
                time.sleep(0.2)
            assert run(check, port) == 0
        finally:
            server.terminate()


def run(check: list[str], port: int) -> int:
    """Exit code of a service's health check, asked of `port` here as Compose would ask 8000 in the container."""
    program = {"python": sys.executable}.get(check[0], check[0])
    arguments = [argument.replace("$$", "$").replace("8000", str(port)) for argument in check[1:]]
    return subprocess.run([program, *arguments], capture_output=True, timeout=30).returncode


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """A web server that gives every request this status; its port, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()
