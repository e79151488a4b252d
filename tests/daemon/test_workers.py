"""The daemon's workers: one before the first photo needs it, none for long while nothing happens, one thread each."""

from pathlib import Path

from tests.conftest import Iqsd, copy_photos, sidecar, wait_for
from tests.daemon.test_priority import workers
from tests.faults.watched import HASTE, Watched


def test_one_is_ready_when_the_daemon_is(iqsd: Iqsd) -> None:
    assert len(workers(Watched(iqsd).start("watching"))) == 1


def test_after_a_pause_one_starts_while_the_first_photo_comes_to_rest(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, "[watch]\nsettle_seconds = 15\n", inject=HASTE)
    process = watched.start()
    wait_for(lambda: not workers(process))
    (photo,) = copy_photos(iqsd.pictures, 1)
    wait_for(lambda: workers(process))
    assert not sidecar(photo).exists()
    watched.all_rated([photo])


def test_each_is_one_thread_so_that_no_core_waits_for_another(iqsd: Iqsd) -> None:
    (worker,) = workers(Watched(iqsd).start("watching"))
    status = Path(f"/proc/{worker}/status").read_text("ascii")
    assert "\nThreads:\t1\n" in status
