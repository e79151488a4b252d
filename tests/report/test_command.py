"""`iqsd report`: what it shows of a folder; that it writes only the page; the way from the page to `iqsd apply`."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import cv2
import pytest
from selenium.webdriver.common.keys import Keys

from iqsd.settings import load
from iqsd.sidecars import read
from tests.commands.test_persons_values import PACKET
from tests.conftest import PHOTOS, Iqsd, copy_photos, digest, sidecar
from tests.report.chromium import Browser
from tests.report.screenshot import save


def report(iqsd: Iqsd, *arguments: str) -> dict[str, Any]:
    """The data that a new report of the pictures folder gives its page."""
    target = iqsd.home / "report.html"
    done = iqsd.run("report", iqsd.pictures, "-o", target, *arguments)
    assert done.returncode == 0, done.stderr
    found = re.search(r'id="report-data">(.*?)</script>', target.read_text("utf-8"), re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_unrated_photos_are_judged_and_nothing_is_written(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 2)
    copy_photos(iqsd.pictures / "below", 1)
    before = digest(iqsd.pictures)
    rows = report(iqsd)["rows"]
    assert digest(iqsd.pictures) == before
    lines = {line["path"]: line for line in iqsd.rescan("--dry-run")}
    assert [row["path"] for row in rows] == ["astronaut.jpg", "below/astronaut.jpg", "coffee.jpg"]
    for row in rows:
        line = lines[str(iqsd.pictures / row["path"])]
        assert {key: row[key] for key in line if key in row and key != "path"} == {
            key: line[key] for key in line if key in row and key != "path"
        }
        assert row["stands"] == {"rating": None, "pick_label": None}


def test_it_shows_current_values_whose_they_are_and_what_iqsd_would_say(iqsd: Iqsd) -> None:
    ours, theirs, half = copy_photos(iqsd.pictures, 3)
    sidecar(theirs).write_text(PACKET.format(values='xmp:Rating="1" digiKam:PickLabel="3"'))
    sidecar(half).write_text(PACKET.format(values='xmp:Rating="2"'))
    lines = {line["path"]: line for line in iqsd.rescan()}
    before = digest(iqsd.pictures)
    rows = {row["path"]: row for row in report(iqsd)["rows"]}
    assert digest(iqsd.pictures) == before
    line = lines[str(ours)]
    assert rows[ours.name]["stands"] == {"rating": line["rating"], "pick_label": line["pick_label"]}
    assert rows[ours.name]["whose"] == {"rating": "iqsd", "pick_label": "iqsd"}
    assert rows[ours.name]["reasons"] == line["reasons"]
    assert rows[theirs.name]["stands"] == {"rating": 1, "pick_label": "accepted"}
    assert rows[theirs.name]["whose"] == {"rating": "person", "pick_label": "person"}
    assert rows[theirs.name]["score"] > 0
    assert rows[theirs.name]["rating"] in range(1, 6)
    assert rows[half.name]["whose"] == {"rating": "person", "pick_label": "iqsd"}


def test_a_rated_photo_that_was_replaced_by_another_is_shown_as_it_is_now(iqsd: Iqsd) -> None:
    photo, other = copy_photos(iqsd.pictures, 2)
    iqsd.rescan()
    sidecar(photo).write_text(PACKET.format(values='xmp:Rating="1" digiKam:PickLabel="3"'))
    shutil.copy(other, photo)
    rows = report(iqsd)["rows"]
    assert rows[0]["whose"] == {"rating": "person", "pick_label": "person"}
    assert rows[0]["score"] == rows[1]["score"]


def test_a_burst_is_a_burst_before_it_is_rated_and_after(iqsd: Iqsd) -> None:
    picture = cv2.imread(str(PHOTOS[0]))
    assert picture is not None
    for frame in range(3):
        shifted = picture[3 * frame : len(picture) - 12 + 3 * frame]
        save(iqsd.pictures / f"frame-{frame}.jpg", shifted, f"2026:06:13 10:00:0{frame}")
    before = report(iqsd)["rows"]
    assert [row["taken"] for row in before] == [f"2026-06-13T10:00:0{frame}" for frame in range(3)]
    assert sorted(row["burst"]["place"] for row in before) == [1, 2, 3]
    iqsd.rescan()
    after = report(iqsd)["rows"]
    told = ("taken", "burst", "score", "rating", "pick_label", "reasons")
    assert [[row[key] for key in told] for row in after] == [[row[key] for key in told] for row in before]
    assert [row["stands"]["pick_label"] for row in after] == [row["pick_label"] for row in before]
    assert iqsd.run("undo", iqsd.pictures).returncode == 0
    undone = report(iqsd)["rows"]
    assert [[row[key] for key in told] for row in undone] == [[row[key] for key in told] for row in before]


def test_new_thresholds_show_what_would_change(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    iqsd.configure("[rating]\nreject_below = 100\naccept_from = 100\n")
    data = report(iqsd, "--dry-run")
    assert data["dry_run"]
    (row,) = data["rows"]
    assert row["stands"]["pick_label"] != "rejected"
    assert row["pick_label"] == "rejected"
    assert read(photo).pick_label != 1


def test_photos_with_problems_are_named_with_the_reason(iqsd: Iqsd) -> None:
    good, in_the_way = copy_photos(iqsd.pictures, 2)
    sidecar(in_the_way).write_text("<x:xmpmeta")
    (iqsd.pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0nothing")
    rows = {row["path"]: row for row in report(iqsd)["rows"]}
    assert "damaged" in rows["broken.jpg"]["error"]
    assert rows[in_the_way.name]["trouble"]
    assert rows[in_the_way.name]["score"] > 0
    assert "error" not in rows[good.name]


def test_nothing_but_an_older_report_is_replaced(iqsd: Iqsd) -> None:
    mine = iqsd.home / "mine.html"
    mine.write_text("<p>my page</p>")
    done = iqsd.run("report", iqsd.pictures, "-o", mine)
    assert (done.returncode, mine.read_text()) == (8, "<p>my page</p>")
    assert "is not a report" in done.stderr
    done = iqsd.run("report", iqsd.pictures, "-o", iqsd.home / "nowhere" / "report.html")
    assert done.returncode == 8
    assert "there is no such folder" in done.stderr


@pytest.mark.parametrize(
    "settings",
    [
        '[sidecars]\nwrite = "embedded"\n',
        '[rating]\nrejected_as = "minus-one"\nreject_below = 100\naccept_from = 100\n',
    ],
)
def test_what_iqsd_itself_writes_after_the_report_is_no_obstacle(iqsd: Iqsd, settings: str) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.configure(settings)
    data = report(iqsd)
    (row,) = data["rows"]
    (file,) = row["files"]
    change = {**file, "shown": {key: row[key] for key in ("rating", "pick_label")}, "decision": {"rating": 2}}
    saved = iqsd.home / "report.json"
    saved.write_text(json.dumps({"iqsd_report": 1, "folder": data["folder"], "changes": [change]}))
    iqsd.rescan()
    done = iqsd.run("apply", saved)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 written" in done.stdout
    change |= {"decision": {"pick_label": "accepted"}}
    saved.write_text(json.dumps({"iqsd_report": 1, "folder": data["folder"], "changes": [change]}))
    assert "1 written" in iqsd.run("apply", saved).stdout
    options = load(iqsd.config).options()
    state = read(photo, options)
    assert (state.rating, state.pick_label, state.rating_is_persons, state.pick_label_is_persons) == (2, 3, True, True)


def test_a_pipe_is_not_waited_for(iqsd: Iqsd) -> None:
    os.mkfifo(iqsd.home / "pipe")
    done = iqsd.run("report", iqsd.pictures, "-o", iqsd.home / "pipe")
    assert done.returncode == 8
    assert "is not a regular file" in done.stderr


def test_when_the_journal_is_lost_a_photo_still_says_when_it_was_taken(iqsd: Iqsd) -> None:
    picture = cv2.imread(str(PHOTOS[0]))
    assert picture is not None
    save(iqsd.pictures / "a.jpg", picture, "2026:06:13 10:00:00")
    iqsd.rescan()
    iqsd.lose_journal()
    assert [row["taken"] for row in report(iqsd)["rows"]] == ["2026-06-13T10:00:00"]


def test_the_thresholds_are_those_in_force(iqsd: Iqsd) -> None:
    iqsd.configure("[rating]\nreject_worst = 30\naccept_best = 30\n")
    copy_photos(iqsd.pictures)
    for number in range(45):
        shutil.copy(PHOTOS[0], iqsd.pictures / f"{number}.jpg")
    iqsd.rescan()
    data = report(iqsd)
    labels = [row["stands"]["pick_label"] for row in data["rows"]]
    below = [row["score"] < data["thresholds"]["reject_below"] for row in data["rows"]]
    assert [label == "rejected" for label in labels] == below
    assert "thresholds of its own" in iqsd.run("calibrate", iqsd.pictures).stdout
    copy_photos(iqsd.pictures / "below", 1)
    assert report(iqsd)["thresholds"] is None


def test_from_the_page_to_the_sidecars_and_back(iqsd: Iqsd, chromium: Browser) -> None:
    photos = copy_photos(iqsd.pictures, 3)
    odd = Path(os.fsdecode(os.fsencode(iqsd.pictures) + b"/caf\xe9 #1.jpg"))
    shutil.copy(PHOTOS[4], odd)
    target = iqsd.pictures / "report.html"
    assert iqsd.run("report", iqsd.pictures, "-o", target).returncode == 0
    chromium.open(target)
    for count in range(1, 5):
        chromium.press("2", "r")
        assert chromium.find("#change-count").text == str(count)
        chromium.press(Keys.ARROW_RIGHT)
    chromium.press(Keys.ENTER, "b", Keys.ENTER)
    saved = chromium.save_changes()
    assert chromium.complaints() == []
    assert {address.partition(":")[0] for address in chromium.asked_for()} <= {"file", "data", "blob"}

    iqsd.rescan()  # what the page showed has since been written
    assert "4 would be written" in iqsd.run("apply", saved, "--dry-run").stdout
    assert read(photos[0]).rating_is_persons is False
    done = iqsd.run("apply", saved)
    assert done.returncode == 0, done.stderr
    assert "4 written, 0 already there, 0 left alone" in done.stdout
    assert "0 written, 4 already there, 0 left alone" in iqsd.run("apply", saved).stdout
    for photo in (*photos, odd):
        state = read(photo)
        assert (state.rating, state.pick_label) == (2, 1)
        assert state.rating_is_persons
        assert state.pick_label_is_persons
    iqsd.rescan()
    iqsd.run("undo", iqsd.pictures)
    assert [read(photo).rating for photo in photos] == [2, 2, 2]
    assert {row["whose"]["rating"] for row in report(iqsd)["rows"]} == {"person"}
