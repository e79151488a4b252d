"""Stopped, killed, frozen, told to reload its settings: nothing is lost and nothing is done twice."""

import os
import signal
import time
from pathlib import Path

from iqsd.sidecars import read
from tests.conftest import Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import ONE_JUDGEMENT, Watched, children, end, tiny_photos, workers


def test_sigterm_during_work_ends_it_soon_and_the_next_start_does_the_rest(iqsd: Iqsd) -> None:
    photos = tiny_photos(iqsd.pictures, 200)
    watched = Watched(iqsd, inject=ONE_JUDGEMENT)
    process = watched.start()
    wait_for(lambda: sum(watched.outcomes().values()) > 10)
    began = time.monotonic()
    end(process)
    assert time.monotonic() - began < 10
    assert not list(iqsd.pictures.glob("*.tmp"))
    watched.start()
    watched.all_rated(photos)


def test_sigkill_during_work_loses_nothing_and_leaves_no_process(iqsd: Iqsd) -> None:
    photos = tiny_photos(iqsd.pictures, 200)
    watched = Watched(iqsd, inject=ONE_JUDGEMENT)
    for times in range(3):
        process = watched.start()
        wait_for(lambda times=times: len(list(iqsd.pictures.glob("*.xmp"))) > 30 * (times + 1))  # type: ignore[misc]
        others = [*children(process.pid), *workers(process.pid)]
        assert len(others) > 1
        process.kill()
        process.wait()
        wait_for(lambda others=others: not any(map(_runs, others)))  # type: ignore[misc]
    process = watched.start()
    wait_for(lambda: all(sidecar(photo).exists() for photo in photos))
    end(process)  # groups may still settle, and write
    assert not [path for path in iqsd.pictures.iterdir() if path.suffix not in (".jpg", ".xmp")]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_status_reports_a_frozen_daemon_which_goes_on_afterwards(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    process = watched.start()
    os.killpg(process.pid, signal.SIGSTOP)
    photos = copy_photos(iqsd.pictures, 3)
    status = iqsd.run("status")
    assert "stopped by a signal" in status.stdout
    assert status.returncode == 0
    os.killpg(process.pid, signal.SIGCONT)
    watched.all_rated(photos)


def test_sighup_applies_new_settings(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    watched = Watched(iqsd)
    process = watched.start()
    watched.all_rated([photo])
    iqsd.configure("[watch]\nsettle_seconds = 0.3\n[rating]\nreject_below = 99\naccept_from = 100\n")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: read(photo).pick_label == 1)
    assert watched.says("restarting with the new settings")


def test_wrong_settings_on_sighup_are_named_and_the_old_ones_stay(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    process = watched.start()
    iqsd.configure("[watch]\nsettle_seconds = 'soon'\n")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: watched.says("the old ones stay", "watch.settle_seconds", "must be a number"))
    watched.all_rated(copy_photos(iqsd.pictures, 1))


def test_a_request_to_look_again_is_served_even_with_wrong_settings(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    process = watched.start()
    iqsd.configure("[watch]\nsettle_seconds = 'soon'\n")
    for number in (signal.SIGSTOP, signal.SIGHUP, signal.SIGUSR1, signal.SIGCONT):  # so both come at once
        process.send_signal(number)
    wait_for(lambda: watched.says("the old ones stay"))
    wait_for(lambda: watched.says("compared", "asked for"))


def test_poison_does_not_stop_the_daemon_and_retry_tries_it_again(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, "[watch]\nsettle_seconds = 0.3\nsweep_minutes = 0.02\n", inject=True)
    process = watched.start()
    photos = copy_photos(iqsd.pictures, 2)
    poison = iqsd.pictures / "killed.jpg"
    poison.write_bytes(photos[0].read_bytes())
    watched.all_rated(photos)
    wait_for(lambda: "set aside; `iqsd retry` tries it again" in iqsd.run("status").stdout)
    assert watched.outcomes()["killed.jpg", "failed"] == 1  # the same message once, not at every attempt
    assert iqsd.run("retry", poison).stdout.splitlines() == [str(poison), "1 will be tried again"]
    wait_for(lambda: watched.says("compared", "asked for"))
    assert process.poll() is None


def test_status_reports_a_daemon_that_is_down_with_what_it_did_last(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    process = watched.start()
    watched.all_rated(copy_photos(iqsd.pictures, 1))
    process.kill()
    process.wait()
    status = iqsd.run("status")
    assert status.returncode == 1
    assert "not running" in status.stdout
    assert "journal: 1 rated" in status.stdout


def test_a_request_to_look_again_during_the_start_does_not_stop_it(iqsd: Iqsd) -> None:
    process = iqsd.start("start", iqsd.pictures)
    wait_for(iqsd.journal.with_suffix(".lock").exists)
    while "watching" not in iqsd.log.read_text():
        assert process.poll() is None
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.02)


def test_new_settings_are_applied_a_second_time(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    watched = Watched(iqsd)
    process = watched.start()
    for times, (reject, accept, label) in enumerate([(99, 100, 1), (1, 2, 3)], 1):
        thresholds = f"reject_below = {reject}\naccept_from = {accept}\n"
        iqsd.configure(f"[watch]\nsettle_seconds = 0.3\n[rating]\n{thresholds}")
        process.send_signal(signal.SIGHUP)
        for _ in range(20):
            process.send_signal(signal.SIGUSR1)
            time.sleep(0.02)
        wait_for(lambda label=label: read(photo).pick_label == label)  # type: ignore[misc]
        assert sum("restarting with" in str(line["message"]) for line in watched.lines()) == times
    end(process)
