"""A machine that gives iqsd few processes or little memory. What cannot be done now is done later."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import HASTE, Watched, children, end, is_root, workers

A_USER = 64000  # used by nobody else, so that the kernel counts only the processes of one test
POWERS = "+dac_override"  # to run the Python of whoever runs the tests
AS_A_USER = ["setpriv", f"--reuid={A_USER}", "--clear-groups", f"--inh-caps={POWERS}", f"--ambient-caps={POWERS}"]


@pytest.fixture
def theirs() -> Iterator[Iqsd]:
    """The program in the home of a user bound by limits."""
    if not is_root() or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv, to be another user")
    with tempfile.TemporaryDirectory() as folder:
        iqsd = Iqsd(Path(folder) / "home")
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, A_USER, A_USER)
        yield iqsd
        iqsd.end()


@pytest.mark.parametrize("others", [2, 3])
def test_photos_wait_while_no_process_can_be_started(theirs: Iqsd, others: int) -> None:
    watched = Watched(theirs, before=[*AS_A_USER, "prlimit", "--nproc=4"], inject=HASTE)
    process = watched.start()
    wait_for(lambda: not children(process.pid))
    running = [
        subprocess.Popen([*AS_A_USER, "sleep", "1000"], text=True, start_new_session=True) for _ in range(others)
    ]
    theirs.started += running
    wait_for(lambda: all(Path(f"/proc/{other.pid}/comm").read_text() == "sleep\n" for other in running))
    photos = copy_photos(theirs.pictures, 3)
    wait_for(lambda: watched.says("no process can be started", "Resource temporarily unavailable", "tries again"))
    wait_for(lambda: "resting: no process can be started" in theirs.run("status").stdout)
    for other in running:
        other.kill()
        other.wait()
    watched.all_rated(photos)
    assert set(watched.outcomes().values()) == {1}
    end(process)


def test_a_new_journal_waits_too_while_no_process_can_be_started(theirs: Iqsd) -> None:
    watched = Watched(theirs, before=[*AS_A_USER, "prlimit", "--nproc=3"], inject=HASTE)
    process = watched.start()
    wait_for(lambda: not children(process.pid))
    others = [subprocess.Popen([*AS_A_USER, "sleep", "1000"], text=True, start_new_session=True) for _ in range(2)]
    theirs.started += others
    wait_for(lambda: all(Path(f"/proc/{other.pid}/comm").read_text() == "sleep\n" for other in others))
    shutil.rmtree(theirs.journal.parent)
    wait_for(lambda: watched.says("no process can be started", "tries again"))
    for other in others:
        other.kill()
        other.wait()
    watched.all_rated(copy_photos(theirs.pictures, 1))
    end(process)


def test_one_worker_does_all_the_work_if_there_cannot_be_two(theirs: Iqsd) -> None:
    watched = Watched(theirs, before=[*AS_A_USER, "prlimit", "--nproc=3"])
    process = watched.start()
    photos = copy_photos(theirs.pictures, 6)
    watched.all_rated(photos)
    assert set(watched.outcomes().values()) == {1}
    assert len(workers(process.pid)) == 1
    end(process)


def test_a_rescan_that_may_start_no_process_says_so(theirs: Iqsd) -> None:
    copy_photos(theirs.pictures, 1)
    command = [*AS_A_USER, "prlimit", "--nproc=1", *theirs.command("rescan", theirs.pictures)]
    done = subprocess.run(command, env=theirs.environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("iqsd: no process can be started to judge photos: Resource temporarily unavailable")


def test_a_shell_that_allows_little_memory_is_no_obstacle_to_photos_that_fit(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    limit = "ulimit -v 1500000"
    done = subprocess.run(
        ["sh", "-c", f'{limit}; exec "$@"', "sh", *iqsd.command("rescan", iqsd.pictures)],
        env=iqsd.environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sidecar(photo).exists()
