"""Changing stars and labels in the report, also with photos large and side by side, and saving the changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.pairs import PairSidecars
from iqsd.report.halves import joined
from iqsd.report.making import LONG_EDGE
from iqsd.report.rows import Row
from tests.conftest import PHOTOS, wait_for
from tests.report.chromium import Browser
from tests.report.pages import FOLDER, burst, page, row

ROWS = [
    row("a.jpg", 90),
    row("b.jpg", 70, stands=(4, 3)),
    row("c.jpg", 50, stands=(2, None), persons=(True, False)),
    *burst([30, 85, 75, 40]),
]


@pytest.fixture
def changes(chromium: Browser, tmp_path: Path) -> Callable[[], dict[str, Any]]:
    """Open the report; calling the result saves the changes, as a person does, and returns them by file."""
    chromium.open(page(tmp_path / "report.html", ROWS))

    def read() -> dict[str, Any]:
        document = json.loads(chromium.save_changes().read_text())
        assert document["iqsd_report"] == 1
        return {change["file"]: change for change in document["changes"]}

    return read


def open_frame(chromium: Browser) -> str:
    return str(chromium.find(".frame[aria-current=true] .name").text)


def test_the_search_knows_the_other_file_of_a_photo_and_letters_in_two_parts(chromium: Browser, tmp_path: Path) -> None:
    rows = joined([row("DSC_1.JPG", 80), row("DSC_1.NEF", 80), row("u\u0308ber.jpg", 60)], PairSidecars.BOTH)
    chromium.open(page(tmp_path / "report.html", rows))
    chromium.press("/", "nef")
    assert chromium.find("#status").text.startswith("1 photo of 2")
    chromium.press(Keys.ESCAPE)
    chromium.press("/", "\u00fcber")
    assert chromium.find("#status").text.startswith("1 photo of 2")


@pytest.mark.parametrize("keys", [(Keys.ENTER,), (Keys.ARROW_RIGHT, Keys.ENTER)])
def test_after_a_click_the_keyboard_is_with_the_photo_and_not_with_the_button(
    chromium: Browser, changes: Callable[[], dict[str, Any]], keys: tuple[str, ...]
) -> None:
    chromium.press(Keys.ENTER)
    chromium.click("#loupe-choice .star-buttons button:nth-child(2)")
    chromium.press(*keys)
    assert chromium.run("return document.getElementById('loupe').open") is False
    assert {file: change["decision"] for file, change in changes().items()} == {"a.jpg": {"rating": 2}}


def test_keys_give_stars_and_labels(chromium: Browser, changes: Callable[[], dict[str, Any]]) -> None:
    chromium.press("2", "p", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, "r", "0")
    assert chromium.texts(".cell")[0].startswith("★★☆☆☆ – pending ◆")
    made = changes()
    assert {file: change["decision"] for file, change in made.items()} == {
        "a.jpg": {"rating": 2, "pick_label": "pending"},
        "b.jpg": {"pick_label": "rejected", "rating": 0},
    }
    assert made["a.jpg"]["photo"] == {"size": 1000, "mtime_ns": "1800000000123456789"}
    assert made["a.jpg"]["stands"] == {"rating": None, "pick_label": None}
    assert made["a.jpg"]["shown"] == {"rating": 5, "pick_label": "accepted"}
    assert made["b.jpg"]["stands"] == {"rating": 4, "pick_label": "accepted"}


def test_confirming_iqsds_value_makes_it_the_persons_and_repeating_the_persons_is_no_change(
    chromium: Browser, changes: Callable[[], dict[str, Any]]
) -> None:
    chromium.press("5", Keys.END, "b", Keys.ESCAPE, Keys.HOME)
    for _ in range(3):
        chromium.press(Keys.ARROW_RIGHT)
    assert "c.jpg" in str(chromium.run("return document.activeElement.getAttribute('aria-label')"))
    chromium.press("2")
    assert {file: change["decision"] for file, change in changes().items()} == {"a.jpg": {"rating": 5}}


def test_a_change_can_be_taken_back_one_or_all(chromium: Browser, changes: Callable[[], dict[str, Any]]) -> None:
    assert not chromium.run("return !document.getElementById('export').disabled")
    chromium.press("1", "x", "2", Keys.ARROW_RIGHT, "3", Keys.ARROW_RIGHT, "4")
    assert chromium.find("#change-count").text == "3"
    chromium.click("#open-changes")
    assert chromium.texts("#change-list .what")[0].endswith("a.jpg 5 stars → 2 stars")
    chromium.click("#change-list .take-back")
    assert chromium.find("#change-count").text == "2"
    chromium.click("#discard")
    assert chromium.find("#change-count").text == "0"
    assert chromium.texts("#change-list li") == []


def test_changes_outlast_a_reload(chromium: Browser, tmp_path: Path) -> None:
    report = page(tmp_path / "report.html", ROWS)
    chromium.open(report)
    chromium.press("r")
    chromium.reload()
    assert chromium.find("#change-count").text == "1"
    assert chromium.find("#labels .accepted .count").text == "3"


def test_a_photo_stays_in_sight_when_a_change_puts_it_outside_of_the_filter(
    chromium: Browser, changes: Callable[[], dict[str, Any]]
) -> None:
    chromium.click("#labels .accepted")
    chromium.find(".cell").click()
    chromium.press("r")
    assert chromium.texts(".cell")[0].startswith("★★★★★ ✕ rejected")
    assert chromium.find("#labels .rejected .count").text == "1"


def test_one_photo_is_shown_large_with_everything_known_about_it(
    chromium: Browser, changes: Callable[[], dict[str, Any]]
) -> None:
    chromium.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ENTER)
    assert chromium.find("#loupe").is_displayed()
    assert chromium.find("#loupe-name").text == "b.jpg"
    assert "Stars and label from iqsd." in chromium.find("#loupe-facts").text
    chromium.press("1", Keys.ARROW_LEFT)
    assert chromium.find("#loupe-name").text == "BURST_2.JPG"
    chromium.click("#loupe-choice [aria-label^='Rejected']")
    chromium.press(Keys.ESCAPE)
    assert not chromium.find("#loupe").is_displayed()
    assert {f: c["decision"] for f, c in changes().items()} == {
        "b.jpg": {"rating": 1},
        "BURST_2.JPG": {"pick_label": "rejected"},
    }


def test_it_says_what_a_person_set_and_what_iqsd_would_say(
    chromium: Browser, changes: Callable[[], dict[str, Any]]
) -> None:
    for _ in range(3):
        chromium.press(Keys.ARROW_RIGHT)
    chromium.press(Keys.ENTER)
    assert chromium.find(".whose").text == ("Stars set by a person (iqsd would say 3 stars). Label not written yet.")


def test_the_frames_of_a_burst_are_shown_side_by_side(chromium: Browser, changes: Callable[[], dict[str, Any]]) -> None:
    chromium.press(Keys.ARROW_RIGHT, "b")
    assert chromium.find("#compare-title").text == "4 alike"
    assert chromium.texts(".frame .name") == [f"BURST_{number}.JPG" for number in range(1, 5)]
    assert open_frame(chromium) == "BURST_2.JPG"
    best = "return document.querySelector('.best:not([hidden])').closest('.frame').ariaLabel"
    assert chromium.run(best).startswith("BURST_2.JPG, accepted, 5 stars")
    chromium.press(Keys.ARROW_RIGHT, "5", Keys.ARROW_LEFT, "r")
    assert chromium.run(best).startswith("BURST_3.JPG, accepted, 5 stars")
    chromium.press("x", Keys.ARROW_LEFT, "r")
    assert open_frame(chromium) == "BURST_1.JPG"
    chromium.press("z")
    assert chromium.run("return getComputedStyle(document.querySelectorAll('.frame img')[2]).transform") != "none"
    chromium.press(Keys.ESCAPE)
    assert not chromium.find("#compare").is_displayed()
    assert {f: c["decision"] for f, c in changes().items()} == {
        "BURST_3.JPG": {"rating": 5},
        "BURST_1.JPG": {"pick_label": "rejected"},
    }


def test_the_frames_are_in_the_order_in_which_they_were_taken_a_whole_second_first(
    chromium: Browser, tmp_path: Path
) -> None:
    moments = ("12:00:00", "12:00:00.400000", "12:00:00.800000", "12:00:01")
    frames = [replace(row, taken=f"2026-06-13T{at}") for row, at in zip(burst([30, 85, 75, 40]), moments, strict=True)]
    chromium.open(page(tmp_path / "report.html", frames))
    chromium.press("b")
    assert chromium.texts(".frame .name") == [f"BURST_{number}.JPG" for number in range(1, 5)]


def test_of_hundreds_of_frames_only_those_in_sight_are_loaded(chromium: Browser, tmp_path: Path) -> None:
    frames = [replace(row, path=tmp_path / row.path.name) for row in burst(range(80, 0, -1))]
    for one in frames:
        shutil.copy(PHOTOS[0], one.path)
    chromium.open(page(tmp_path / "report.html", frames, folder=tmp_path))
    chromium.asked_for()
    chromium.press("b")
    large = "return [...document.querySelectorAll('.frame img')].filter((i) => i.naturalWidth > arguments[0]).length"
    wait_for(lambda: chromium.run(large, LONG_EDGE) > 0)
    assert len([address for address in chromium.asked_for() if address.startswith("file:")]) < 40
    chromium.run("document.querySelector('.frame:last-child').scrollIntoView()")
    wait_for(lambda: chromium.run("return document.querySelector('.frame:last-child img').naturalWidth") > LONG_EDGE)


def test_a_click_on_the_badge_compares(chromium: Browser, changes: Callable[[], dict[str, Any]]) -> None:
    chromium.click(".badge")
    assert chromium.find("#compare").is_displayed()


def test_the_help_names_every_key_and_keys_do_nothing_behind_it(
    chromium: Browser, changes: Callable[[], dict[str, Any]]
) -> None:
    chromium.press("?")
    assert len(chromium.texts("#keys tr")) == len(chromium.run("return [...document.querySelectorAll('kbd')]"))
    chromium.press("1")
    assert chromium.find("#change-count").text == "0"
    chromium.press(Keys.ESCAPE)
    assert not chromium.find("#help").is_displayed()


def test_a_raw_file_and_its_jpeg_are_one_photo_and_the_decision_goes_to_both(chromium: Browser, tmp_path: Path) -> None:
    raw = row("DSC_1.NEF", 70, stands=(2, 1), persons=(True, False))
    jpeg = row("DSC_1.JPG", 70, stands=(4, 3))
    chromium.open(page(tmp_path / "report.html", joined([raw, jpeg, row("alone.NEF", 10)], PairSidecars.BOTH)))
    assert [" ".join(text.split()[:3]) for text in chromium.texts(".cell")] == [
        "★★☆☆☆ ✓ accepted",
        "★☆☆☆☆ ✕ rejected",
    ]
    assert chromium.texts(".why")[0] == "DSC_1.JPG + NEF"
    chromium.press("5")
    assert [
        (change["file"], change["stands"]["rating"], change["shown"]["rating"], change["decision"])
        for change in json.loads(chromium.save_changes().read_text())["changes"]
    ] == [("DSC_1.JPG", 4, 2, {"rating": 5}), ("DSC_1.NEF", 2, 2, {"rating": 5})]


@pytest.mark.parametrize(("wanted", "name"), [(PairSidecars.RAW, "DSC_1.NEF"), (PairSidecars.JPEG, "DSC_1.JPG")])
def test_if_one_half_gets_the_verdict_the_other_is_left_out(wanted: PairSidecars, name: str) -> None:
    (only,) = joined([row("DSC_1.NEF", 70), row("DSC_1.JPG", 70)], wanted)
    assert (only.path.name, only.halves) == (name, ())


def test_if_the_half_that_gets_the_verdict_cannot_be_read_the_others_are_shown() -> None:
    broken = Row(FOLDER / "DSC_1.NEF", None, error=UnreadablePhotoError("the picture is damaged"))
    rows = [broken, row("DSC_1.HEIC", 70), row("DSC_1.JPG", 70)]
    assert joined(rows, PairSidecars.RAW) == rows


def test_a_dry_run_shows_what_would_be(chromium: Browser, tmp_path: Path) -> None:
    rows = [row("b.jpg", 10, stands=(4, 3)), row("c.jpg", 10, stands=(5, 3), persons=(True, True))]
    chromium.open(page(tmp_path / "report.html", rows, dry_run=True))
    assert "A dry run: nothing has been written" in chromium.find("#notice").text
    assert [text.split(" 10")[0] for text in chromium.texts(".cell")] == [
        "★★★★★ ✓ accepted ●",
        "★☆☆☆☆ ✕ rejected ○",
    ]
