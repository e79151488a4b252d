"""The daemon's workers: one before the first photo needs it, none after a while of idleness, one thread each."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iqsd.errors import ModelError
from iqsd.models import shipped_model
from iqsd.workers import pool as crews
from iqsd.workers.answer import Judged
from iqsd.workers.pool import Crew, Pool
from tests.conftest import PHOTOS, Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import HASTE, Watched, children, comes_to_rest, workers


def test_a_worker_is_ready_when_the_daemon_is(iqsd: Iqsd) -> None:
    assert len(workers(Watched(iqsd).start("watching").pid)) == 1


def test_the_process_that_was_started_early_ends_with_a_command_that_does_not_get_to_need_it() -> None:
    begin = "from iqsd.workers import nursery as n; n.start_early(n.JUDGING); print(n._started[n.JUDGING]._process.pid)"
    early = int(subprocess.run([sys.executable, "-c", begin], capture_output=True).stdout)
    wait_for(lambda: not Path(f"/proc/{early}/exe").exists())


def test_workers_share_the_memory_of_what_was_loaded(iqsd: Iqsd) -> None:
    process = Watched(iqsd, "[run]\njobs = 2\n").start("watching")
    (worker,) = workers(process.pid)
    rollup = Path(f"/proc/{worker}/smaps_rollup").read_text("ascii")
    held = {name: int(size.split()[0]) for name, size in re.findall(r"^(\w+):\s+(.*)$", rollup, re.MULTILINE)}
    assert held["Private_Dirty"] < held["Rss"] / 10


def test_the_process_that_forks_them_holds_no_code_that_it_does_not_run(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, "[run]\njobs = 2\n")
    process = watched.start("watching")
    (nursery,) = children(process.pid)
    arrivals = copy_photos(iqsd.home / "arrivals", 5)
    for count, photos in ((1, arrivals[:1]), (2, arrivals[1:])):
        watched.all_rated([photo.rename(iqsd.pictures / photo.name) for photo in photos])  # all at once: two are needed
        assert len(workers(process.pid)) == count
        assert all(code_in_memory(nursery) < code_in_memory(worker) / 2 for worker in workers(process.pid))


def code_in_memory(process: int) -> int:
    """Kilobytes, according to the kernel's list of its executable mappings."""
    maps = Path(f"/proc/{process}/smaps").read_text()
    return sum(map(int, re.findall(r"^[0-9a-f-]+ r-xp .*\n(?:[A-Z].*\n)*?Rss: +(\d+) kB$", maps, re.MULTILINE)))


def test_if_the_process_that_forks_them_is_killed_another_one_is_started(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    process = watched.start("watching")
    for photo in PHOTOS[:2]:
        (nursery,) = children(process.pid)
        os.kill(nursery, signal.SIGKILL)
        watched.all_rated([Path(shutil.copy(photo, iqsd.pictures))])


def test_where_there_cannot_be_two_a_second_is_not_requested_with_every_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "ALONE_SECONDS", 1000.0)
    asked = tmp_path / "asked"
    names = [f"{number}.jpg" for number in range(50)]
    with Crew[str]("tests.daemon.one_fork", str(asked), jobs=2) as crew:
        assert list(crew.map(map(Path, names))) == [(Path(name), name) for name in names]
    assert asked.read_text().splitlines() == ["asked", "asked"]


@pytest.mark.parametrize("jobs", [1, 5])
def test_if_it_is_killed_before_a_worker_is_there_another_one_is_started(jobs: int) -> None:
    with Pool(shipped_model(), jobs) as pool:
        for photo in PHOTOS[:jobs]:
            pool.submit(photo)
        signal_the_nursery(pool, signal.SIGKILL)
        judged: list[Path] = []
        while len(judged) < jobs:
            judged += [path for path, _ in pool.collect(60)]
    assert sorted(judged) == PHOTOS[:jobs]


def test_if_it_is_killed_over_and_over_that_is_an_error() -> None:
    with Pool(shipped_model(), 1) as pool, pytest.raises(ModelError, match="ended with code -9"):
        while True:
            if not pool.is_busy:  # it was judged after all: the test was delayed longer than loading takes
                pool.submit(PHOTOS[0])
            signal_the_nursery(pool, signal.SIGKILL)
            pool.collect(0.05)


def test_signals_sent_to_the_whole_group_by_a_closed_terminal_timeout_or_ctrl_c_are_blamed_on_no_photo() -> None:
    with Pool(shipped_model(), 1) as pool:
        pool.check()
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal_the_nursery(pool, number)
            os.kill(pool._workers[0].pid or 0, number)
        ((_, answer),) = pool.map(PHOTOS[:1])
    assert isinstance(answer, Judged)


def test_the_time_that_loading_takes_is_not_charged_to_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "TIME_LIMIT_SECONDS", 3.0)
    with Pool(shipped_model(), 1) as pool:
        pool.submit(PHOTOS[0])
        signal_the_nursery(pool, signal.SIGSTOP)
        assert pool.collect(3.5) == []
        signal_the_nursery(pool, signal.SIGCONT)
        ((photo, answer),) = pool.collect(50)
    assert photo == PHOTOS[0]
    assert isinstance(answer, Judged)


def test_a_model_that_takes_too_long_to_load_is_loaded_anew_and_blamed_on_no_photo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Pool(shipped_model(), 1) as pool:
        pool.submit(PHOTOS[0])
        signal_the_nursery(pool, signal.SIGSTOP)
        with monkeypatch.context() as hurry:
            hurry.setattr(crews, "LOADING_LIMIT_SECONDS", 2.0)
            answers = pool.collect(3)
        ((_, answer),) = answers or pool.collect(None)
    assert isinstance(answer, Judged)


def test_a_model_that_takes_too_long_over_and_over_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "LOADING_LIMIT_SECONDS", 0.05)
    with Pool(shipped_model(), 2) as pool, pytest.raises(ModelError, match="took longer than 0 s to load"):
        for photo in PHOTOS[:2]:
            pool.submit(photo)
        pool.collect(None)


def test_the_time_while_everything_is_stopped_is_not_charged_to_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "TIME_LIMIT_SECONDS", 3.0)
    with Pool(shipped_model(), 1) as pool:
        pool.check()
        worker = pool._workers[0].pid or 0
        os.kill(worker, signal.SIGSTOP)
        pool.submit(PHOTOS[0])
        time.sleep(5)  # as after Ctrl-Z
        os.kill(worker, signal.SIGCONT)
        ((_, answer),) = pool.collect(None)
    assert isinstance(answer, Judged)


def test_work_that_takes_longer_than_a_judgement_may_have_a_multiple_of_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crews, "TIME_LIMIT_SECONDS", 1.0)
    with Crew[Judged]("iqsd.workers.process", str(shipped_model()), 1, times=20) as crew:
        crew.check()
        worker = crew._workers[0].pid or 0
        os.kill(worker, signal.SIGSTOP)
        crew.submit(PHOTOS[0])
        assert crew.collect(2) == []
        os.kill(worker, signal.SIGCONT)
        ((_, answer),) = crew.collect(None)
    assert isinstance(answer, Judged)


def signal_the_nursery(pool: Pool, number: signal.Signals) -> None:
    assert pool._nursery is not None
    pool._nursery._process.send_signal(number)  # not every child of this process: the tests' browser is one, too


def test_after_a_pause_a_worker_starts_while_the_first_photo_settles(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, "[watch]\nsettle_seconds = 15\n", inject=HASTE)
    process = watched.start()
    wait_for(lambda: not workers(process.pid))
    (photo,) = copy_photos(iqsd.pictures, 1)
    wait_for(lambda: workers(process.pid))
    assert not sidecar(photo).exists()
    watched.all_rated([photo])


def test_workers_without_photos_end_however_often_folders_are_swept(iqsd: Iqsd) -> None:
    process = Watched(iqsd, "[watch]\nsweep_minutes = 0.02\n", inject=HASTE).start("watching")
    wait_for(lambda: not children(process.pid), 30)


def test_a_worker_that_waits_for_its_first_photo_costs_no_processor_time(iqsd: Iqsd) -> None:
    process = Watched(iqsd, "[watch]\nsettle_seconds = 300\n", inject=HASTE).start("watching")
    wait_for(lambda: not workers(process.pid))
    copy_photos(iqsd.pictures, 1)
    wait_for(lambda: workers(process.pid))
    comes_to_rest(process, 20)


def test_each_worker_is_one_thread_so_that_no_core_waits_for_another(iqsd: Iqsd) -> None:
    (worker,) = workers(Watched(iqsd).start("watching").pid)
    status = Path(f"/proc/{worker}/status").read_text("ascii")
    assert "\nThreads:\t1\n" in status
