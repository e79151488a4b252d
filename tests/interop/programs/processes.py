"""Start and stop programs, each with its own session, screen and home."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_PR_SET_CHILD_SUBREAPER = 36
_NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing answers there, so nothing gets out


def adopt_orphans() -> None:
    """Become the parent of processes that started programs leave behind, so that `stop` can wait for all of them."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def private_environment(home: Path) -> dict[str, str]:
    """An environment in which a desktop program finds nothing of the user's, and no network."""
    places = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_RUNTIME_DIR": home / "run",
    }
    for place in places.values():
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        **{name: str(place) for name, place in places.items()},
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_AT_BRIDGE": "1",
        "http_proxy": _NOWHERE,
        "https_proxy": _NOWHERE,
    }


def start(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program as the head of a session of its own; what it prints goes to the log."""
    with log.open("ab") as file:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )


def stop(process: subprocess.Popen[bytes], patience: float = 20) -> None:
    """End a program that `start` started and everything left in its session: politely first, then by force."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 10.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        end = time.monotonic() + seconds
        while _group_lives(process.pid) and time.monotonic() < end:
            process.poll()
            time.sleep(0.1)
        if not _group_lives(process.pid):
            break
    process.wait(5)
    _reap_group(process.pid)


def wait_until(answer: Callable[[], T], seconds: float, what: str, step: float = 0.2) -> T:
    """Ask repeatedly until the answer is truthy, and return it; fail if it never is."""
    end = time.monotonic() + seconds
    while not (value := answer()):
        assert time.monotonic() < end, f"{what}: not within {seconds:g} s"
        time.sleep(step)
    return value


@contextlib.contextmanager
def screen(environment: Mapping[str, str], log: Path) -> Iterator[dict[str, str]]:
    """A virtual screen; yields the environment in which programs appear on it."""
    read, write = os.pipe()
    with log.open("ab") as file:
        process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],
            env=environment,
            pass_fds=[write],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        assert number, f"Xvfb did not start: {log.read_text()}"
        yield {**environment, "DISPLAY": f":{number}"}
    finally:
        stop(process)


def _group_lives(group: int) -> bool:
    """Whether a process (not a zombie) is left in a process group."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = status.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def _reap_group(group: int) -> None:
    """Reap the adopted orphans of one group, and only those: others may be waited for elsewhere."""
    end = time.monotonic() + 5
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < end:
            if os.waitpid(-group, os.WNOHANG)[0] == 0:
                time.sleep(0.05)  # dead, but some of its threads are not
