"""`iqsd calibrate`: a look at the scores, and thresholds for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iqsd import sidecars
from iqsd.settings import load
from tests.conftest import Iqsd, copy_photos, digest
from tests.formats.making import dng, photograph, write
from tests.tiny_model import METADATA, write_model


@pytest.fixture
def iqsd(iqsd: Iqsd) -> Iqsd:
    model = write_model(iqsd.home / "tiny.tflite", [[3, 3, 3]], [2.5], METADATA)
    iqsd.configure(f'# my settings\n[watch]\nsettle_seconds = 0.3\n[model]\nfile = "{model}"  # small\n')
    copy_photos(iqsd.pictures)
    return iqsd


def labels(folder: Path) -> list[int]:
    return sorted(sidecars.read(photo).pick_label or 0 for photo in folder.glob("*.jpg"))


def test_it_shows_the_scores_and_proposes_thresholds_and_changes_nothing(iqsd: Iqsd) -> None:
    before = digest(iqsd.home)
    done = iqsd.run("calibrate", iqsd.pictures)
    assert done.returncode == 0, done.stderr
    assert "10 photos, by score" in done.stdout
    assert "█" in done.stdout
    assert "1 rejected (10%), 7 pending (70%), 2 accepted (20%)" in done.stdout.splitlines()[-1]
    after = digest(iqsd.home)
    assert {name: after[name] for name in before} == before
    assert not list(iqsd.pictures.glob("*.xmp"))


def test_the_summary_of_a_single_photo_is_in_the_singular(iqsd: Iqsd) -> None:
    (iqsd.home / "few").mkdir()
    (iqsd.pictures / "coffee.jpg").rename(iqsd.home / "few" / "coffee.jpg")
    (iqsd.home / "few" / "empty.jpg").touch()
    first, *_, last = iqsd.run("calibrate", iqsd.home / "few").stdout.splitlines()
    assert first == "1 photo, by score:"
    assert last == "1 photo could not be judged; `iqsd rescan --dry-run` says which and why."


def test_setting_thresholds_keeps_the_comments_and_rescan_uses_them(iqsd: Iqsd) -> None:
    iqsd.rescan()
    done = iqsd.run("calibrate", iqsd.pictures, "--reject-worst", "30", "--accept-best", "40", "--set", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["photos"], sum(said["histogram"]["counts"])) == (10, 10)
    text = iqsd.config.read_text("utf-8")
    assert text.startswith("# my settings\n")
    assert "# small" in text
    set_now = load(iqsd.config)
    assert set_now.stars is not None
    proposed = [said["proposed"][key] for key in ("reject_below", "accept_from", "stars")]
    assert [set_now.reject_below, set_now.accept_from, list(set_now.stars)] == proposed
    assert {line["status"] for line in iqsd.rescan()} <= {"rated", "unchanged"}
    assert labels(iqsd.pictures) == [1] * 3 + [2] * 3 + [3] * 4


def test_each_photo_counts_once(iqsd: Iqsd) -> None:
    iqsd.rescan()
    below = iqsd.pictures / "below"
    copy_photos(below, 2)
    cut = next(iqsd.pictures.glob("*.jpg"))
    cut.write_bytes(cut.read_bytes()[:5000])
    done = iqsd.run("calibrate", iqsd.pictures, iqsd.pictures, below, "--json")
    said = json.loads(done.stdout)
    assert (said["photos"], said["failed"], sum(said["histogram"]["counts"])) == (11, 1, 11)


def test_a_raw_file_and_its_jpeg_count_once(iqsd: Iqsd) -> None:
    before = json.loads(iqsd.run("calibrate", iqsd.pictures, "--json").stdout)
    jpeg = next(iqsd.pictures.glob("*.jpg"))
    write(jpeg.with_suffix(".DNG"), dng(photograph(600, 400, 2)))
    assert json.loads(iqsd.run("calibrate", iqsd.pictures, "--json").stdout) == before


def test_shares_of_more_than_all_photos_are_refused(iqsd: Iqsd) -> None:
    done = iqsd.run("calibrate", iqsd.pictures, "--reject-worst", "60", "--accept-best", "50")
    assert done.returncode == 2
    assert "add up to more than 100 %" in done.stderr


def test_without_photos_it_says_so(iqsd: Iqsd) -> None:
    (iqsd.home / "empty").mkdir()
    done = iqsd.run("calibrate", iqsd.home / "empty")
    assert done.returncode != 0
    assert "no photos to calibrate with" in done.stderr
    assert "Traceback" not in done.stderr
