"""tools/setup.py, run for real on a project without dependencies: nothing is downloaded."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import setup

ROOT = Path(__file__).parent.parent

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

# The least that pip takes for a build backend, so that installing the project needs no other package.
BACKEND = """
import zipfile

METADATA = '''Metadata-Version: 2.1
Name: dateline
Version: 0
Provides-Extra: dev
REQUIREMENT'''

def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(folder + "/dateline-0-py3-none-any.whl", "w") as wheel:
        for name, text in (("METADATA", METADATA), ("WHEEL", "Wheel-Version: 1.0"), ("RECORD", "")):
            wheel.writestr("dateline-0.dist-info/" + name, text)
    return "dateline-0-py3-none-any.whl"
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the real tools/setup.py and a project that needs nothing; no .venv yet."""
    return lay_out(tmp_path / "a project")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a project with its .venv made."""
    root = lay_out(tmp_path_factory.mktemp("setup") / "template")
    first = run(root)
    assert first.returncode == 0, first.stderr
    return root


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    """A copy of `template`, whose .venv passes for one made where it is."""
    root = shutil.copytree(template, tmp_path / "a project", symlinks=True)
    stamp = setup.read_stamp(root / ".venv")
    setup.write_stamp(root / ".venv", **{**stamp, "home": str(root)})
    return root


def lay_out(root: Path) -> Path:
    """Write the project's files."""
    (root / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "setup.py", root / "tools")
    (root / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (root / "constraints.txt").write_text("# none\n", "utf-8")
    (root / "backend.py").write_text(BACKEND.replace("REQUIREMENT", ""), "utf-8")
    return root


def run(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the project's tools/setup.py as `make` does."""
    command = [sys.executable, str(root / "tools" / "setup.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120)


def require(root: Path, requirement: str) -> None:
    """Make the project need a package from now on."""
    (root / "backend.py").write_text(BACKEND.replace("REQUIREMENT", f"Requires-Dist: {requirement}\n"), "utf-8")
    (root / "constraints.txt").write_text("# changed\n", "utf-8")


def installed(root: Path) -> list[str]:
    """Names of what the project's .venv holds, pip aside."""
    command = [setup.python_in(root / ".venv"), "-m", "pip", "list", "--format=freeze"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.partition("==")[0] for line in listed.splitlines()]


def test_first_run_installs_and_the_next_has_nothing_to_do(template: Path) -> None:
    assert "dateline" in installed(template)
    second = run(template, PIP_INDEX_URL="http://127.0.0.1:9", PATH="")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_extras_and_changed_files_are_noticed_and_less_is_not_asked_for_again(project: Path) -> None:
    assert "Installing" in run(project, "--dev").stderr
    assert run(project).stderr == ""
    with (project / "constraints.txt").open("a") as constraints:
        constraints.write("six==1.0\n")
    changed = run(project)
    assert "Installing" in changed.stderr
    assert "Making" not in changed.stderr


def test_half_made_environment_is_made_again(bare: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare / ".venv")], check=True)
    again = run(bare)
    assert again.returncode == 0, again.stderr
    assert "Making .venv" in again.stderr
    assert "dateline" in installed(bare)


def test_environment_without_its_python_or_moved_is_not_sound(project: Path) -> None:
    venv = project / ".venv"
    assert setup.is_sound(project, venv)
    assert not setup.is_sound(project.with_name("elsewhere"), venv)
    python = Path(setup.python_in(venv))
    python.unlink()
    python.symlink_to("/no/such/python")
    assert not setup.is_sound(project, venv)


def test_interrupted_run_ends_quietly_and_the_next_one_completes_it(bare: Path) -> None:
    command = [sys.executable, str(bare / "tools" / "setup.py")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as first:
        while not (bare / ".venv").exists():
            assert first.poll() is None
            time.sleep(0.01)
        os.killpg(first.pid, signal.SIGINT)
        _, said = first.communicate(timeout=60)
    assert first.returncode == 130
    assert said.endswith("Stopped. The same command goes on from here.\n")
    assert "Traceback" not in said
    assert run(bare).returncode == 0
    assert "dateline" in installed(bare)


def test_second_run_at_the_same_time_waits_for_the_first(project: Path) -> None:
    command = [sys.executable, str(project / "tools" / "setup.py"), "--dev"]
    with setup.one_at_a_time(project):
        second = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert second.stderr is not None
        assert second.stderr.readline() == "Another run is setting up .venv; waiting for it.\n"
        assert second.poll() is None
    _, said = second.communicate(timeout=120)
    assert second.returncode == 0, said


def test_unreachable_package_index_is_explained(project: Path) -> None:
    require(project, "dateline-needs-this-too")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    failed = run(project, PIP_FIND_LINKS="", **nowhere)
    assert failed.returncode == 1
    assert "The package index cannot be reached." in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "dateline-needs-this-too" in (project / ".venv" / "setup.log").read_text("utf-8")


def test_package_that_the_index_lacks_is_named(project: Path) -> None:
    require(project, "dateline-needs-this-too==1.0")
    failed = run(project, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(project))
    assert failed.returncode == 1
    assert "pip found no build of dateline-needs-this-too==1.0 for this Python" in failed.stderr


def test_lock_writes_versions_without_the_project_or_its_folder(project: Path) -> None:
    locked = run(project, "--lock")
    assert locked.returncode == 0, locked.stderr
    lines = [line for line in (project / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(line.count("==") == 1 and "+" not in line and "/" not in line for line in lines)
    assert not [line for line in lines if line.startswith(("dateline", "pip="))]
    assert run(project, "--dev").stderr == ""


def test_old_pythons_are_named_and_a_good_one_further_on_is_taken(tmp_path: Path) -> None:
    old = pretend_python(tmp_path / "python3", "3.9")
    broken = pretend_python(tmp_path / "python3.12", "command not found")
    with pytest.raises(setup.SetupError, match=r"needs Python 3\.11 or newer\. Found: .*python3 \(Python 3\.9\)\."):
        setup.find_python([old, broken, str(tmp_path / "absent")])
    good = pretend_python(tmp_path / "python3.11", "3.11")
    assert setup.find_python([old, broken, good]) == good
    newest = pretend_python(tmp_path / "python9", "3.99")
    assert setup.find_python([newest, good]) == good
    assert setup.find_python([newest]) == newest


def test_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\necho 3.11\n', "utf-8")
    python.chmod(0o755)
    with pytest.raises(setup.SetupError, match=r"apt install python3\.11-venv"):
        setup.require_venv(str(python))
    setup.require_venv(sys.executable)


def test_too_little_disk_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(setup.SetupError, match=r"Not enough disk space: .* need about 1073741824\.0 GiB"):
        setup.require_space(tmp_path, 2**60)
    setup.require_space(tmp_path, 0)


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "The disk is full.",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "damaged or altered"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] …", "certificate is not trusted"),
        ("OSError: [Errno 13] Permission denied: '/x'", "Check who owns this folder"),
        ("ERROR: Failed building wheel for hypothetical", "no build of hypothetical for this Python"),
        ("Collecting x\nERROR: something else\n\n", "could not be installed (ERROR: something else)."),
        ("", "it printed nothing"),
    ],
)
def test_failures_of_pip_are_put_in_plain_words(printed: str, told: str) -> None:
    assert told in str(setup.failure(printed))


def test_a_server_that_never_answers_does_not_hold_up_the_setup() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not setup.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/", seconds=0.2)


def test_script_is_readable_by_the_python_it_complains_about() -> None:
    ast.parse((ROOT / "tools" / "setup.py").read_text("utf-8"), feature_version=(3, 8))


def pretend_python(path: Path, says: str) -> str:
    """Write a program that answers as a Python of some version."""
    path.write_text(f"#!/bin/sh\necho '{says}'\n", "utf-8")
    path.chmod(0o755)
    return str(path)
