"""Keeps Dateline's own Python environment, .venv, as pyproject.toml and constraints.txt ask.

Runs on the standard library of Python 3.8, so that a machine without what Dateline needs is told so in plain words.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SetupError", "main", "set_up"]

OLDEST, NEWEST = (3, 11), (3, 14)  # NEWEST: the last one that every dependency has ready-made packages for
GIB = 1024**3
WHOLE, ADDITION = 3 * GIB, GIB // 2  # measured: .venv takes 2.3 GiB, and a wheel is on the disk twice as it is unpacked
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
RESUME = "Then run the same command again; it goes on from here."

# What pip prints, most telling first, and what that means to the person who ran it.
CAUSES = (
    (r"No space left on device|Errno 28\b", "The disk is full. Free some space."),
    (r"DO NOT MATCH THE HASHES", "A download arrived damaged or altered. Empty pip's cache with: pip cache purge."),
    (r"CERTIFICATE_VERIFY_FAILED", "The package index's certificate is not trusted here. Tell pip of yours: PIP_CERT."),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|Failed to establish|Connection refused"
        r"|Network is unreachable|Cannot connect to proxy|ProxyError|Connection reset",
        "The package index cannot be reached. The first run needs a network connection (later ones do not); "
        "if you have a mirror or a proxy, name it in pip's settings (PIP_INDEX_URL, HTTPS_PROXY).",
    ),
    (r"Permission denied|Read-only file system", "A file could not be written. Check who owns this folder and .venv."),
    (
        r"No matching distribution found for (\S+)|Failed building wheel for (\S+)",
        "pip found no build of {} for this Python and this kind of machine. Try another Python, from 3.11 to 3.14.",
    ),
)


class SetupError(Exception):
    """The environment cannot be made; the message says why and what to do."""


class UnexplainedError(SetupError):
    """pip failed for a reason that CAUSES does not list; what it found in .venv may be to blame."""


def main(arguments: list[str] | None = None) -> int:
    """Bring .venv up to date, or write constraints.txt from it; the exit code is 0, 1 or, when interrupted, 130."""
    parser = argparse.ArgumentParser(prog="tools/setup.py", description="Makes .venv or brings it up to date.")
    parser.add_argument("--dev", action="store_true", help="also install what tests and checks need")
    parser.add_argument("--lock", action="store_true", help="write the versions in .venv to constraints.txt")
    chosen = parser.parse_args(arguments)
    root = Path(__file__).resolve().parent.parent
    try:
        set_up(root, dev=chosen.dev or chosen.lock)
        if chosen.lock:
            lock(root)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\n{failure(str(error), ' ' + RESUME)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def set_up(root: Path, *, dev: bool) -> None:
    """Make `root`/.venv hold what pyproject.toml asks for; at once when it already does."""
    venv = root / ".venv"
    if is_current(root, venv, dev):
        return
    with one_at_a_time(root):
        if is_current(root, venv, dev):
            return
        require_space(root, WHOLE if missing_torch(root, venv) else ADDITION)
        used = is_sound(root, venv)
        if not used:
            make_venv(root, venv)
        try:
            install(root, venv, dev)
        except UnexplainedError:
            if not used:
                raise
            say("That may be what an interrupted run left behind; making .venv again.")
            make_venv(root, venv)
            install(root, venv, dev)


def is_current(root: Path, venv: Path, dev: bool) -> bool:
    """Tell whether .venv was completed for just these files, at this level or the one above, and still runs."""
    made = read_stamp(venv)
    return made.get("of") == fingerprint(root) and bool(made["dev"] or not dev) and is_sound(root, venv)


def is_sound(root: Path, venv: Path) -> bool:
    """Tell whether .venv's Python starts and has pip, in the folder that it was made for."""
    if read_stamp(venv).get("home", str(root)) != str(root):
        return False  # its scripts hold the old path
    try:
        return subprocess.run([python_in(venv), "-I", "-c", "import pip"], capture_output=True).returncode == 0
    except OSError:
        return False


def python_in(venv: Path) -> str:
    """Return the path of .venv's Python."""
    return str(venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python")


def fingerprint(root: Path) -> str:
    """Return a digest of the files that decide what .venv holds."""
    files = (root / "pyproject.toml", root / "constraints.txt", Path(__file__))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def read_stamp(venv: Path) -> dict[str, object]:
    """Return what the last run noted in .venv: its `home`, and once complete, what it is made `of` and if for `dev`."""
    try:
        stamp = json.loads((venv / "dateline.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(venv: Path, **stamp: object) -> None:
    """Note in .venv what was done."""
    (venv / "dateline.json").write_text(json.dumps(stamp), "utf-8")


@contextlib.contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Wait for another run in the same folder to end."""
    if os.name == "nt":
        yield
        return
    import fcntl

    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run is setting up .venv; waiting for it.")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def require_space(root: Path, needed: int) -> None:
    """Raise SetupError unless `needed` bytes are free where `root` is."""
    free = shutil.disk_usage(root).free
    if free < needed:
        raise SetupError(
            f"Not enough disk space: Dateline's packages (PyTorch is the largest) need about {needed / GIB:.1f} GiB in "
            f"{root}, and {free / GIB:.1f} GiB is free. Free some space. {RESUME}"
        )


def find_python(commands: list[str]) -> str:
    """Return the first of `commands` that is a Python from OLDEST to NEWEST, else the first that is newer still."""
    found = [(version, path) for path in commands for version in [version_of(path)] if version]
    for version, path in found:
        if OLDEST <= version <= NEWEST:
            return path
    for version, path in found:
        if version > NEWEST:
            return path
    seen = ", ".join(f"{path} (Python {major}.{minor})" for (major, minor), path in found) or "none at all"
    raise SetupError(
        f"Dateline needs Python {OLDEST[0]}.{OLDEST[1]} or newer. Found: {seen}. Install one (your system's packages "
        "and python.org have it), then run the same command again; "
        "if it is not on PATH, say where it is: make run PYTHON=/path/to/python3"
    )


def pythons() -> list[str]:
    """Return the Pythons to try: the one running (never a virtual environment's own), then those on PATH."""
    running = getattr(sys, "_base_executable", None) or sys.executable
    named = (shutil.which(f"python{OLDEST[0]}.{minor}") for minor in range(NEWEST[1], OLDEST[1] - 1, -1))
    return [running, *(path for path in named if path)]


def version_of(python: str) -> tuple[int, int] | None:
    """Return the version of a Python, or None if it does not run (a version manager's stand-in, say)."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run([python, "-c", code], capture_output=True, text=True).stdout
    except OSError:
        return None
    match = re.fullmatch(r"(\d+)\.(\d+)\s*", said)
    return (int(match[1]), int(match[2])) if match else None


def require_venv(python: str) -> None:
    """Raise SetupError unless this Python can make virtual environments, which Debian's cannot as it comes."""
    if subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True).returncode:
        major, minor = version_of(python) or OLDEST
        raise SetupError(
            f"{python} cannot make virtual environments: its venv or ensurepip module is missing. "
            f"On Debian or Ubuntu: apt install python{major}.{minor}-venv. {RESUME}"
        )


def make_venv(root: Path, venv: Path) -> None:
    """Make an empty .venv, in place of any that was there."""
    python = find_python(pythons())
    require_venv(python)
    say(f"Making .venv with {python}")
    made = subprocess.run([python, "-m", "venv", "--clear", str(venv)], capture_output=True, text=True)
    if made.returncode:
        raise failure(made.stdout + made.stderr)
    write_stamp(venv, home=str(root))


def install(root: Path, venv: Path, dev: bool) -> None:
    """Install Dateline in .venv, editable, with every version that constraints.txt fixes."""
    write_stamp(venv, home=str(root))
    torch = missing_torch(root, venv)
    if torch and sys.platform == "linux":  # elsewhere the usual build is the one without CUDA
        install_cpu_torch(venv, torch)
    say("Installing what Dateline needs" + (" and what its tests need" if dev else "") + ": minutes the first time.")
    wanted = str(root) + ("[dev]" if dev else "")
    code, output = pip(venv, "install", "--constraint", str(root / "constraints.txt"), "--editable", wanted)
    if code:
        raise failure(output, f" {RESUME} pip's own words are in {venv / 'setup.log'}")
    write_stamp(venv, home=str(root), of=fingerprint(root), dev=dev)


def missing_torch(root: Path, venv: Path) -> str | None:
    """Return the PyTorch that constraints.txt fixes, as `torch==…`, unless .venv has it, of whichever build."""
    pinned = re.search(r"^torch==(\S+)", (root / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    if not pinned or any(venv.glob(f"lib/python*/site-packages/torch-{pinned[1]}[+.]*dist-info")):
        return None
    return pinned[0]


def install_cpu_torch(venv: Path, torch: str) -> None:
    """Try PyTorch's own index for the build without CUDA, several GB smaller; pip's usual index has to do otherwise."""
    say("Fetching PyTorch (CPU build, about 200 MB)")
    if answers(TORCH_CPU_INDEX):
        patience = ("--timeout", "15", "--retries", "1")
        code, _ = pip(venv, "install", "--no-deps", "--index-url", TORCH_CPU_INDEX, *patience, torch)
        if code == 0:
            return
    say("PyTorch's own index cannot be reached: taking the build that pip finds, which may be several GB larger.")


def answers(url: str, seconds: float = 8) -> bool:
    """Tell whether a web server answers within `seconds`, whatever it says."""
    answered = threading.Event()

    def ask() -> None:
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds).close()
        except urllib.error.HTTPError:
            pass
        except (OSError, ValueError) as error:
            if "CERTIFICATE" not in str(error):  # pip may know a certificate that this Python does not
                return
        answered.set()

    # A thread, because a socket's time-out counts anew for every address of a host, and not at all for finding them.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answered.is_set()


def pip(venv: Path, *arguments: str) -> tuple[int, str]:
    """Run .venv's pip under the user's own settings; its exit code and output, which setup.log keeps."""
    environment = {**os.environ, "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
    for elsewhere in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_QUIET", "PIP_DRY_RUN"):
        environment.pop(elsewhere, None)
    command = [python_in(venv), "-I", "-u", "-m", "pip", *arguments]
    lines = []
    started = time.monotonic()
    with (venv / "setup.log").open("a", encoding="utf-8") as log:
        log.write(f"$ pip {' '.join(arguments)}\n")
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdout is not None
        try:
            for raw in process.stdout:
                lines.append(raw.decode("utf-8", "replace").rstrip())
                log.write(lines[-1] + "\n")
                show_progress(lines[-1], time.monotonic() - started)
            process.wait()
        except KeyboardInterrupt:
            stop(process)
            raise
    show_progress("", 0)
    return process.returncode, "\n".join(lines)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Let an interrupted pip put its things away, but not for long."""
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


def show_progress(line: str, seconds: float) -> None:
    """Turn a line of pip's into one status line on a terminal; elsewhere only the last step is worth a line."""
    match = re.match(r"\s*(Collecting|Downloading|Installing collected packages)\s*:?\s*([^\s<>=!~;,\[]*)(.*)", line)
    if not match and line:
        return
    status = ""
    if match and match[1].startswith("Installing"):
        status = f"Installing {match[3].count(',') + 1} packages"
    elif match:
        size = re.search(r"\([\d.]+ [kMG]B\)", match[3])
        status = f"{match[1]} {match[2].rpartition('/')[2]}" + (f" {size[0]}" if size else "")
    if sys.stderr.isatty():
        status = f"  {seconds:.0f} s  {status}"[: shutil.get_terminal_size().columns - 1] if status else ""
        print(f"\r\033[K{status}", end="", file=sys.stderr, flush=True)
    elif status.startswith("Installing"):
        say(f"  {status}")


def failure(output: str, more: str = "") -> SetupError:
    """Turn what pip or the system printed into an error that says in a sentence or two what happened and what to do."""
    for pattern, meaning in CAUSES:
        match = re.search(pattern, output)
        if match:
            return SetupError(meaning.format(next(filter(None, match.groups()), "")) + more)
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it printed nothing"]
    errors = [line for line in lines if line.lower().startswith("error")]
    return UnexplainedError(f"Dateline's packages could not be installed ({(errors or lines)[-1]}).{more}")


def lock(root: Path) -> None:
    """Write constraints.txt from what .venv holds."""
    listing = [python_in(root / ".venv"), "-I", "-m", "pip", "list", "--format=freeze", "--exclude-editable"]
    listed = subprocess.run([*listing, "--exclude=pip"], capture_output=True, text=True, check=True).stdout
    # A local label (torch 2.13.0+cpu) tells builds of one version apart; either build will do.
    versions = sorted((line.partition("+")[0] for line in listed.splitlines() if "==" in line), key=str.lower)
    header = (
        "# Every package that Dateline was tested with, to the digit. Made from .venv by: make lock\n"
        "# To move on: .venv/bin/pip install --upgrade NAME, make test, make lock.\n"
    )
    (root / "constraints.txt").write_text(header + "\n".join(versions) + "\n", "utf-8")
    venv = root / ".venv"
    write_stamp(venv, home=str(root), of=fingerprint(root), dev=True)
    say(f"constraints.txt: {len(versions)} packages")


def say(message: str) -> None:
    """Tell the user on stderr what happens now."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
