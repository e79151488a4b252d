"""`iqsd start` lets other programs go first, with or without systemd; `iqsd rescan`, with a user waiting, does not."""

import os
import shutil
import subprocess

import pytest

from tests.conftest import Iqsd, copy_photos, wait_for
from tests.faults.watched import Watched, children, workers

OWN = os.getpriority(os.PRIO_PROCESS, 0)


def nice(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def test_the_daemon_and_its_workers_have_low_priority_at_the_processor_and_at_the_disk(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    process = watched.start()
    watched.all_rated(copy_photos(iqsd.pictures, 1))
    pids = [process.pid, *children(process.pid), *workers(process.pid)]
    assert len(pids) > 2
    assert {nice(pid) for pid in pids} == {max(OWN, 10)}
    if shutil.which("ionice") is None:
        pytest.skip("needs ionice to look at the other half")
    said = {subprocess.run(["ionice", "-p", str(pid)], capture_output=True, text=True).stdout for pid in pids}
    assert said == {"best-effort: prio 7\n"}


def test_an_even_lower_priority_is_kept(iqsd: Iqsd) -> None:
    process = Watched(iqsd, before=["nice", "-n", "19"]).start()
    assert nice(process.pid) == 19


def test_a_rescan_runs_as_it_was_started(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures)
    process = iqsd.start("rescan", iqsd.pictures)
    wait_for(lambda: workers(process.pid))
    assert {nice(pid) for pid in (process.pid, *workers(process.pid))} == {OWN}
