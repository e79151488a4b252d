"""The text file for Prometheus: always whole, in the format's own grammar, with the true figures."""

import re
import signal
import time
from pathlib import Path

import pytest

from iqsd.service.metrics import MetricsFile, exposition
from tests.conftest import Iqsd, copy_photos, wait_for
from tests.faults.watched import Watched, end

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(\{{{LABEL}(?:,{LABEL})*\}})? (\S+)")

FAMILIES = {
    "iqsd_info",
    "iqsd_start_time_seconds",
    "iqsd_photos_total",
    "iqsd_queue_photos",
    "iqsd_set_aside_photos",
    "iqsd_resting",
    "iqsd_folders",
    "iqsd_watched_folders",
    "iqsd_last_sweep_timestamp_seconds",
    "iqsd_last_sweep_duration_seconds",
}


def parse(text: str) -> dict[str, float]:
    """Every sample by name and labels. Each family comes once: HELP, TYPE, then its samples and no others."""
    assert text.endswith("\n")
    families: list[str] = []
    samples: dict[str, float] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("#"):
            _, word, name, *_ = line.split(" ", 3)
            assert word == "HELP"
            assert re.fullmatch(rf"# TYPE {name} (counter|gauge)", next(lines))
            assert name not in families
            families.append(name)
            continue
        match = SAMPLE.fullmatch(line)
        assert match is not None, line
        assert match[1] == families[-1]
        key = match[1] + (match[2] or "")
        assert key not in samples
        samples[key] = float(match[3])
    assert set(families) == FAMILIES
    return samples


def test_the_file_counts_the_outcomes(iqsd: Iqsd) -> None:
    file = iqsd.home / "iqsd.prom"
    settings = f'[watch]\nsettle_seconds = 0.3\nsweep_minutes = 0.02\n[run]\nmetrics_file = "{file}"\n'
    (iqsd.pictures / "bad.jpg").write_text("no photo")
    began = time.time()
    watched = Watched(iqsd, settings, folders=[iqsd.pictures, iqsd.home / "away"])
    process = watched.start()
    wait_for(file.exists)
    watched.all_rated(copy_photos(iqsd.pictures, 3))
    wait_for(lambda: parse(file.read_text("utf-8")).get("iqsd_set_aside_photos") == 1)
    end(process)
    found = parse(file.read_text("utf-8"))
    assert found['iqsd_photos_total{outcome="rated"}'] == 3
    assert found['iqsd_photos_total{outcome="failed"}'] == 3
    assert found['iqsd_queue_photos{state="waiting"}'] == 0
    assert found['iqsd_folders{how="events"}'] == 1
    assert found['iqsd_folders{how="missing"}'] == 1
    assert found["iqsd_watched_folders"] == 0  # it has ended
    assert began <= found["iqsd_start_time_seconds"] <= found["iqsd_last_sweep_timestamp_seconds"] <= time.time()
    assert 0 <= found["iqsd_last_sweep_duration_seconds"] < 60
    assert not list(iqsd.home.glob("iqsd.prom?*"))


def test_a_file_that_cannot_be_written_is_reported_once_and_photos_are_rated(iqsd: Iqsd) -> None:
    settings = '[watch]\nsettle_seconds = 0.3\n[run]\nmetrics_file = "/proc/none/iqsd.prom"\n'
    watched = Watched(iqsd, settings)
    process = watched.start()
    watched.all_rated(copy_photos(iqsd.pictures, 2))
    end(process)
    told = "/proc/none/iqsd.prom: run.metrics_file cannot be written: No such file or directory"
    assert [line["message"] for line in watched.lines() if "metrics_file" in line["message"]] == [told]


STATE = {
    "version": "1",
    "model": "m",
    "started": 1.5,
    "since_start": {"rated": 0, "failed": 0},
    "queue": {"judging": 0, "waiting": 0, "settling": 0},
    "resting": "",
    "folders": [],
    "watched_folders": 0,
    "last_sweep": None,
}


@pytest.mark.parametrize("model", ['a "b"', "a\\b", "a\nb"])
def test_odd_names_are_written_as_the_format_requires(model: str) -> None:
    found = parse(exposition({**STATE, "model": model}, None, None))
    assert len([key for key in found if key.startswith("iqsd_info")]) == 1
    assert "iqsd_set_aside_photos" not in found  # unknown: no figure, rather than a wrong one


def test_photos_set_aside_are_counted_again_only_after_something_may_have_changed(tmp_path: Path) -> None:
    file, answers = tmp_path / "iqsd.prom", iter([None, 3, 4, 5])
    metrics = MetricsFile(file, lambda: next(answers))
    for failed, swept, expected in ((0, 0, None), (0, 0, 3), (0, 0, 3), (1, 0, 4), (1, 9, 5), (1, 9, 5)):
        sweep = {"began": swept, "seconds": 1} if swept else None
        metrics.write({**STATE, "since_start": {"rated": time.time(), "failed": failed}, "last_sweep": sweep})
        assert parse(file.read_text("utf-8")).get("iqsd_set_aside_photos") == expected


def test_a_photo_set_aside_and_then_deleted_is_no_longer_counted_after_the_next_sweep(iqsd: Iqsd) -> None:
    file = iqsd.home / "iqsd.prom"
    watched = Watched(iqsd, f'[watch]\nsettle_seconds = 0.3\n[run]\nmetrics_file = "{file}"\n')
    iqsd.pictures.mkdir(exist_ok=True)
    copy_photos(iqsd.pictures, 1)
    broken = iqsd.pictures / "broken.jpg"
    broken.write_bytes(b"no photo")
    process = watched.start()

    def are_set_aside(number: int) -> bool:
        process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        return file.exists() and parse(file.read_text("utf-8")).get("iqsd_set_aside_photos") == number

    wait_for(lambda: are_set_aside(1))
    time.sleep(6)  # after that, news is written at once
    broken.unlink()
    process.send_signal(signal.SIGUSR1)
    wait_for(lambda: parse(file.read_text("utf-8")).get("iqsd_set_aside_photos") == 0)
    end(process)


def test_a_file_that_is_not_a_metrics_file_is_not_replaced(iqsd: Iqsd) -> None:
    (precious,) = copy_photos(iqsd.home / "elsewhere", 1)
    before = precious.read_bytes()
    iqsd.configure(f'[watch]\nsettle_seconds = 0.3\n[run]\nmetrics_file = "{precious}"\n')
    iqsd.start("start", iqsd.pictures)
    wait_for(lambda: "something else is there already" in iqsd.log.read_text())
    assert precious.read_bytes() == before


def test_a_link_with_the_name_of_the_unfinished_file_is_not_followed(tmp_path: Path) -> None:
    file, photo = tmp_path / "iqsd.prom", tmp_path / "photo.jpg"
    photo.write_bytes(b"precious")
    (tmp_path / ".iqsd.prom.iqsd-new").symlink_to(photo)
    MetricsFile(file, lambda: 0).write({**STATE, "since_start": {"rated": 0, "failed": 0}})
    assert photo.read_bytes() == b"precious"
    assert parse(file.read_text("utf-8"))
