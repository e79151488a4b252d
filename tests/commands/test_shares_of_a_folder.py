"""Reject the worst and accept the best of each folder, whatever its scores."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from iqsd import sidecars
from iqsd.calibration import Shares, thresholds_for
from iqsd.scales import ENOUGH, FEW, blend
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from tests.commands.test_persons_values import PACKET
from tests.conftest import Iqsd, digest, sidecar
from tests.tiny_model import METADATA, write_model

FIXED = Thresholds(20, 60, (20, 40, 60, 80))
REJECTED, PENDING, ACCEPTED = 1, 2, 3


@pytest.fixture
def iqsd(iqsd: Iqsd) -> Iqsd:
    model = write_model(iqsd.home / "tiny.tflite", [[3, 3, 3]], [1.0], METADATA)
    iqsd.configure(
        f'[watch]\nsettle_seconds = 0.3\n[model]\nfile = "{model}"\n'
        "[rating]\nreject_worst = 10\naccept_best = 20\nburst_seconds = 0\n"
    )
    return iqsd


def shoot(folder: Path, numbers: range) -> None:
    """Plain frames, each a little brighter, and so to the tiny model a little better, than the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        Image.new("RGB", (64, 48), (80 + number, 80 + number, 80 + number)).save(folder / f"{number:03}.png")


def labels(folder: Path) -> list[int | None]:
    return [sidecars.read(photo).pick_label for photo in sorted(folder.glob("*.png"))]


def test_each_folder_has_its_own_best_and_worst_and_a_second_run_changes_nothing(iqsd: Iqsd) -> None:
    dark, light = iqsd.pictures / "dark", iqsd.pictures / "light"
    shoot(dark, range(50))
    shoot(light, range(60, 110))
    iqsd.rescan()
    expected = [REJECTED] * 5 + [PENDING] * 35 + [ACCEPTED] * 10
    assert labels(dark) == expected
    assert labels(light) == expected
    before = digest(iqsd.pictures)
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    assert digest(iqsd.pictures) == before


def test_photos_that_arrive_later_move_the_thresholds_and_only_photos_that_cross_them_are_written(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures, range(50))
    iqsd.rescan()
    shoot(iqsd.pictures, range(50, 60))
    told = Counter(line["status"] for line in iqsd.rescan())
    assert labels(iqsd.pictures) == [REJECTED] * 6 + [PENDING] * 42 + [ACCEPTED] * 12
    assert 0 < told["settled"] < 30


def test_a_lost_journal_changes_no_byte(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures, range(50))
    iqsd.rescan()
    before = digest(iqsd.pictures)
    iqsd.lose_journal()
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    assert digest(iqsd.pictures) == before


def test_a_dry_run_says_how_it_will_end(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures, range(50))
    said = iqsd.run("rescan", iqsd.pictures, "--dry-run").stdout.splitlines()[-1]
    assert said.startswith("50 would be rated (10 accepted, 35 pending, 5 rejected)")


def test_shares_of_more_than_all_photos_are_an_error_that_names_the_settings(iqsd: Iqsd) -> None:
    iqsd.configure("[rating]\nreject_worst = 60\naccept_best = 50\n")
    for command in (["rescan", iqsd.pictures], ["config", "check"]):
        done = iqsd.run(*command)
        assert done.returncode == 3
        assert "rating.reject_worst and rating.accept_best are more than 100 per cent" in done.stderr


def test_few_photos_say_nothing_about_a_folder_and_more_photos_say_something() -> None:
    photos = [Assessment(float(score), None, None, {}, "m") for score in range(50)]
    own = thresholds_for(photos, Shares(10, 20), FIXED)
    assert blend(FIXED, own, FEW) == FIXED
    assert blend(FIXED, own, ENOUGH) == own
    assert blend(FIXED, own, 30).accept_from == (own.accept_from + FIXED.accept_from) / 2


def test_explain_and_report_judge_by_the_folders_own_thresholds(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures, range(50))
    photos = sorted(iqsd.pictures.glob("*.png"))
    sidecar(photos[1]).write_text(PACKET.format(values='xmp:Rating="2" digiKam:PickLabel="2"'))
    iqsd.rescan()
    line = json.loads(iqsd.run("explain", photos[0], "--json").stdout)
    assert line["pick_label"] == "rejected"
    assert line["score"] < line["thresholds"]["reject_below"]
    iqsd.run("report", iqsd.pictures, "-o", iqsd.home / "report.html")
    found = re.search(r'id="report-data">(.*?)</script>', (iqsd.home / "report.html").read_text("utf-8"), re.DOTALL)
    assert found is not None
    rows = {row["path"]: row["pick_label"] for row in json.loads(found[1])["rows"]}
    assert [rows[photo.name] for photo in photos[:3]] == ["rejected"] * 3
