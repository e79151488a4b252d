"""What the report shows first, and how it filters, sorts and stacks, with the mouse and from the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from iqsd.bursts.membership import Kind
from iqsd.errors import UnreadablePhotoError
from iqsd.report.rows import Row
from tests.report.chromium import Browser
from tests.report.pages import FOLDER, burst, page, row

ROWS = [
    row("morning/good.jpg", 90, taken="2026-06-14T09:00:00"),
    row("morning/blurred.jpg", 70, faults={"blur": 0.8}),
    row("evening/dark.jpg", 30, faults={"underexposure": 0.6, "noise": 0.7}),
    row("evening/poor.jpg", 5),
    row("evening/mine.jpg", 10, stands=(5, 3), persons=(True, True)),
    row("evening/iqsds.jpg", 65, stands=(4, 3)),
    Row(FOLDER / "evening/broken.jpg", None, error=UnreadablePhotoError("the picture is damaged")),
    *burst([50, 85, 75]),
]
BEST_FIRST = ["mine", "good", "BURST_2", "iqsds", "blurred", "dark", "poor"]


@pytest.fixture
def shown(chromium: Browser, tmp_path: Path) -> Callable[[], list[str]]:
    """The names of the photos on the sheet, in order."""
    chromium.open(page(tmp_path / "report.html", ROWS))

    def names() -> list[str]:
        labels = chromium.run("return [...document.querySelectorAll('.cell')].map(c => c.getAttribute('aria-label'))")
        return [label.split(",")[0].split(":")[0].partition(".")[0] for label in labels]

    return names


def test_the_first_photo_is_the_one_to_keep_and_a_burst_shows_its_best(
    chromium: Browser, shown: Callable[[], list[str]]
) -> None:
    assert shown() == [*BEST_FIRST, "broken"]
    assert "3 alike" in chromium.texts(".badge")
    assert chromium.find("#status").text == "8 photos of 10, 2 more like them in the stacks"
    assert chromium.texts(".section")[:2] == ["Accepted 4", "Pending 2"]


@pytest.mark.parametrize(
    ("chips", "names"),
    [
        (["#labels .rejected"], ["poor"]),
        (["#labels .rejected", "#labels .pending"], ["blurred", "BURST_1", "dark", "poor"]),
        (["#stars [data-value='5']"], ["mine", "good", "BURST_2"]),
        (["#faults .noise"], ["dark"]),
        (["#faults .blur", "#labels .accepted"], []),
    ],
)
def test_labels_stars_and_faults_filter(
    chromium: Browser, shown: Callable[[], list[str]], chips: list[str], names: list[str]
) -> None:
    for chip in chips:
        chromium.click(chip)
    assert shown() == names
    assert chromium.find("#empty").is_displayed() == (not names)
    chromium.click("#clear")
    assert len(shown()) == 8


def test_a_chip_says_how_many_photos_it_has_and_whether_it_is_chosen(
    chromium: Browser, shown: Callable[[], list[str]]
) -> None:
    assert chromium.texts("#labels .chip")[:2] == ["✓ Accepted 5", "– Pending 3"]
    chromium.click("#labels .pending")
    assert chromium.find("#labels .pending").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize(
    ("typed", "names"),
    [("morning", ["good", "blurred"]), ("noisy DARK", ["dark"]), ("damaged", ["broken"]), ("nothing like it", [])],
)
def test_the_search_looks_at_names_folders_reasons_and_errors(
    chromium: Browser, shown: Callable[[], list[str]], typed: str, names: list[str]
) -> None:
    chromium.press("/", typed)
    assert shown() == names
    chromium.press(Keys.ESCAPE)
    assert len(shown()) == 8


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", "BURST_2 broken dark iqsds mine poor blurred good"),
        ("score", "good BURST_2 blurred iqsds dark mine poor broken"),
        ("stars", "mine good BURST_2 blurred iqsds dark poor broken"),
        ("time", "broken dark iqsds mine poor blurred BURST_2 good"),
        ("folder", "BURST_2 mine iqsds dark poor broken good blurred"),
        ("fault", "blurred dark mine good BURST_2 iqsds poor broken"),
        ("burst", "BURST_2 BURST_3 BURST_1 mine good iqsds blurred dark poor broken"),
    ],
)
def test_it_sorts(chromium: Browser, shown: Callable[[], list[str]], sort: str, names: str) -> None:
    Select(chromium.find("#sort")).select_by_value(sort)
    assert shown() == names.split()


def test_the_order_can_be_reversed(chromium: Browser, shown: Callable[[], list[str]]) -> None:
    Select(chromium.find("#sort")).select_by_value("name")
    before = shown()
    chromium.click("#reverse")
    assert shown() == before[::-1]


def test_stacks_can_be_spread_out(chromium: Browser, shown: Callable[[], list[str]]) -> None:
    chromium.press("s")
    assert len(shown()) == 10
    chromium.press("s")
    assert len(shown()) == 8


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("bursts", ["BURST_2"]),
        ("person", ["mine"]),
        ("would", ["good", "BURST_2", "blurred", "dark", "poor"]),
        ("failed", ["broken"]),
    ],
)
def test_it_shows_only_what_is_asked_for(
    chromium: Browser, shown: Callable[[], list[str]], only: str, names: list[str]
) -> None:
    Select(chromium.find("#only")).select_by_value(only)
    assert shown() == names


def test_scores_can_be_chosen_in_the_histogram_and_by_number(chromium: Browser, shown: Callable[[], list[str]]) -> None:
    chromium.run(
        """const picture = document.getElementById("histogram"), box = picture.getBoundingClientRect();
        const at = (type, score) => picture.dispatchEvent(new PointerEvent(type,
          {pointerId: 1, clientX: box.left + box.width * score / 100, clientY: box.top + 5, bubbles: true}));
        picture.setPointerCapture = () => {};
        at("pointerdown", 60); at("pointermove", 80); at("pointerup", 80);"""
    )
    assert shown() == ["BURST_3", "iqsds", "blurred"]
    assert chromium.find("#low").get_attribute("value") == "60"
    low = chromium.find("#low")
    low.clear()
    low.send_keys("74", Keys.TAB)
    assert shown() == ["BURST_3"]
    high = chromium.find("#high")
    high.clear()
    high.send_keys(Keys.TAB)
    assert "good" in shown()


def test_thresholds_are_marked_in_the_histogram(chromium: Browser, shown: Callable[[], list[str]]) -> None:
    marks = chromium.run("return [...document.querySelectorAll('.threshold')].map(m => Number(m.getAttribute('x1')))")
    assert marks == [20 / 100 * 240, 60 / 100 * 240]
    assert "Below 20 a photo is rejected, from 60 accepted" in str(
        chromium.find("#histogram").get_attribute("aria-label")
    )


def test_the_fifty_below_the_histogram_stands_where_a_score_of_fifty_is_drawn(
    chromium: Browser, shown: Callable[[], list[str]]
) -> None:
    picture, fifty = chromium.run(
        """return [document.getElementById("histogram"), document.querySelectorAll(".axis span")[1]].map((each) => {
             const box = each.getBoundingClientRect(); return (box.left + box.right) / 2 })"""
    )
    assert fifty == pytest.approx(picture, abs=1)


def test_arrows_go_from_photo_to_photo_across_sections(chromium: Browser, shown: Callable[[], list[str]]) -> None:
    def current() -> str:
        return str(chromium.run("return document.activeElement.getAttribute('aria-label')")).partition(".")[0]

    visited = [current()]
    for _ in range(7):
        chromium.press(Keys.ARROW_RIGHT)
        visited.append(current())
    assert visited == shown()
    chromium.press(Keys.HOME, Keys.ARROW_DOWN)
    assert current() == "blurred"
    chromium.press(Keys.END, Keys.ARROW_UP)
    assert current() == "poor"


@pytest.mark.parametrize("control", ["#labels .chip", "#stack", "#size", "#reverse", "#theme"])
def test_after_a_click_on_a_control_the_arrows_go_from_photo_to_photo(
    chromium: Browser, shown: Callable[[], list[str]], control: str
) -> None:
    chromium.click(control)
    chromium.press(Keys.ARROW_RIGHT)
    assert chromium.run("return document.activeElement.matches('.cell')")


def test_with_the_keyboard_a_control_can_be_used_again_and_again(
    chromium: Browser, shown: Callable[[], list[str]]
) -> None:
    chromium.run("document.getElementById('size').focus()")
    chromium.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert chromium.find("#size").get_attribute("value") == "280"
    chromium.press(Keys.TAB, Keys.SPACE, Keys.SPACE)
    assert chromium.run("return document.activeElement.id") == "theme"


def test_a_bracket_is_no_burst_to_choose_from(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(page(tmp_path / "report.html", burst([50, 85, 75], kind=Kind.BRACKET)))
    assert chromium.texts(".badge") == ["3 in a bracket"]
    chromium.press("b")
    assert chromium.texts(".best:not([hidden])") == []
