"""More events at once than the kernel's queue holds, more folders than others can watch."""

import signal
import time
from pathlib import Path

from tests.conftest import Iqsd
from tests.faults.watched import ONE_JUDGEMENT, Watched, comes_to_rest, memory_mb, tiny_photo, tiny_photos


def test_20000_files_in_one_burst_overflow_the_queue_and_every_photo_is_rated_once(iqsd: Iqsd) -> None:
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    watched = Watched(iqsd, inject=ONE_JUDGEMENT)
    process = watched.start()
    process.send_signal(signal.SIGSTOP)  # so that it cannot read while they arrive
    card = iqsd.pictures / "card"
    card.mkdir()
    photos = tiny_photos(iqsd.pictures, 800)
    for number in range(max(20_000, queue) - 800):
        (iqsd.pictures / f"{number}.txt").touch()
    late = tiny_photos(card / "deep", 200, "late")
    process.send_signal(signal.SIGCONT)
    watched.all_rated([*photos, *late], 100)
    assert watched.says("more happened at once than the kernel can queue")
    assert memory_mb(process) < 300
    later = card / "deep" / "later.jpg"  # the folder whose creation event was lost is now watched
    later.write_bytes(tiny_photo())
    watched.all_rated([later])


def test_more_than_10000_folders_are_watched_at_once_and_cost_nothing_when_idle(iqsd: Iqsd) -> None:
    for number in range(10_500):
        (iqsd.pictures / f"{number // 100}" / f"{number}").mkdir(parents=True)
    watched = Watched(iqsd)
    process = watched.start()
    deep = iqsd.pictures / "77" / "7777" / "a.jpg"
    deep.write_bytes(tiny_photo())
    watched.all_rated([deep])
    time.sleep(1)
    comes_to_rest(process, 9)
    assert memory_mb(process) < 120
