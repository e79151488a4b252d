"""A page for everybody: readable in dark and light and by screen readers, quiet, and quick with thousands of photos."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from iqsd.errors import UnreadablePhotoError, printable
from iqsd.report.making import LONG_EDGE
from iqsd.report.rows import Row
from tests.conftest import PHOTOS, wait_for
from tests.report.chromium import Browser
from tests.report.pages import FOLDER, burst, page, row

ROWS = [
    row("a.jpg", 90),
    row("b.jpg", 70, faults={"blur": 0.8}, stands=(4, 3), persons=(True, True)),
    row("below/c.jpg", 5),
    row("below/d.jpg", 40, faults={"blur": 0.8, "motion_blur": 0.8}),
    Row(FOLDER / "broken.jpg", None, error=UnreadablePhotoError("the picture is damaged")),
    *burst([85, 75, 40]),
]
OPENERS = {"sheet": [], "loupe": [Keys.ENTER], "compare": ["b"], "help": ["?"], "changes": []}
FOCUS = (0x1F, 0x5F, 0xBF)
"""The colour of the keyboard focus on a light page."""

CONTROLS = {
    "button",
    "link",
    "checkbox",
    "combobox",
    "slider",
    "searchbox",
    "spinbutton",
    "gridcell",
    "dialog",
    "image",
}

# Every text with the contrast of its colour to the colours behind it, by the formula of WCAG 2.2.
CONTRASTS = """
const parse = (text) => {
  const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
  return { rgb: [r, g, b], a };
};
const over = (top, under) => under.map((value, at) => top.rgb[at] * top.a + value * (1 - top.a));
const light = (rgb) => rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
const behind = (node) => {
  if (!node) return [255, 255, 255];
  return over(parse(getComputedStyle(node).backgroundColor), behind(node.parentElement));
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.matches(":disabled, script, style")) continue;
  const under = behind(node);
  const [one, other] = [light(over(parse(getComputedStyle(node).color), under)), light(under)].sort((a, b) => b - a);
  found.push([walker.currentNode.data.trim(), (one + 0.05) / (other + 0.05)]);
}
return found;
"""


@pytest.mark.parametrize("what", OPENERS)
def test_every_text_has_the_contrast_of_wcag_aa_and_every_control_a_name(
    chromium: Browser, tmp_path: Path, what: str
) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS))
    chromium.press("1", Keys.ARROW_RIGHT, *OPENERS[what])
    if what == "changes":
        chromium.click("#open-changes")
    for dark in (False, True):
        chromium.prefer(dark)
        contrasts = chromium.run(CONTRASTS)
        assert len(contrasts) > 20
        assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
    controls = [node for node in chromium.accessible() if node["role"].lower() in CONTROLS]
    assert len(controls) > 1
    assert [node for node in controls if not node["name"].strip()] == []


@pytest.mark.parametrize("clicks", [[".chip"], [".badge", ".frame:last-child [aria-label^=Accepted]"]])
def test_a_button_that_was_just_pressed_is_readable_under_the_pointer(
    chromium: Browser, tmp_path: Path, clicks: list[str]
) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS))
    for button in clicks:
        chromium.click(button)
    is_pressed = "return document.querySelector(arguments[0]).matches('[aria-pressed=true]:hover')"
    wait_for(lambda: chromium.run(is_pressed, button))  # Chromium looks for what is under the pointer a frame later
    for dark in (False, True):
        chromium.prefer(dark)
        assert [(text, ratio) for text, ratio in chromium.run(CONTRASTS) if ratio < 4.5] == []


def test_a_screen_reader_is_told_what_the_eye_sees_of_a_photo(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS))
    names = [node["name"] for node in chromium.accessible() if node["role"] == "gridcell"]
    assert "a.jpg, accepted, 5 stars, score 90, not written yet" in names
    assert "b.jpg, accepted, 4 stars, score 70, soft focus, set by a person" in names
    assert any(name.startswith("d.jpg") and "motion blur" in name and "soft" not in name for name in names)
    assert "BURST_1.JPG, accepted, 5 stars, score 85, one of 3 alike, not written yet" in names
    assert "broken.jpg: the picture is damaged" in names


def test_figures_are_rounded_as_in_the_reasons(chromium: Browser, tmp_path: Path) -> None:
    rows = [row(f"{score}.jpg", score) for score in (84.5, 85.5, 48.5, 0, 100)]
    chromium.open(page(tmp_path / "report.html", rows))
    for title, said in zip(
        chromium.run("return [...document.querySelectorAll('.cell')].map(cell => cell.title)"),
        chromium.texts(".cell .score"),
        strict=True,
    ):
        assert f"score {said} of 100" in title


def test_the_frame_around_the_current_photo_is_whole_above_other_rows(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(page(tmp_path / "report.html", [row(f"{number}.jpg", 90) for number in range(40)]))
    chromium.press(Keys.ARROW_DOWN)
    box = chromium.run("const b = document.activeElement.getBoundingClientRect(); return [b.x + b.width / 2, b.bottom]")
    chromium.picture(tmp_path / "seen.png")
    with Image.open(tmp_path / "seen.png") as seen:
        below = {seen.convert("RGB").getpixel((int(box[0]), int(box[1]) + further)) for further in range(2, 7)}
    assert FOCUS in below


def test_the_keyboard_reaches_everything_and_the_focus_is_visible(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS))
    chromium.run("document.activeElement.blur(); document.body.focus()")
    visited = set()
    for _ in range(40):
        chromium.press(Keys.TAB)
        visited.add(chromium.run("return document.activeElement.id || document.activeElement.className"))
        outline = chromium.run("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or chromium.run("return document.activeElement === document.body")
    assert visited >= {
        "search",
        "sort",
        "reverse",
        "size",
        "theme",
        "open-help",
        "open-changes",
        "low",
        "high",
        "stack",
    }
    assert any("cell" in str(name) for name in visited)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_button_turns_light_into_dark_and_back(chromium: Browser, tmp_path: Path, dark: bool) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS), dark=dark)

    def ground() -> str:
        return str(chromium.run("return getComputedStyle(document.body).backgroundColor"))

    first = ground()
    chromium.click("#theme")
    second = ground()
    chromium.press("t")
    assert first == ground() != second


def test_the_console_shows_no_complaints_and_nothing_is_asked_of_the_network(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS))
    chromium.press("3", "b", Keys.ESCAPE, "s", "t", "?", Keys.ESCAPE)
    addresses = chromium.asked_for()
    assert len(addresses) > 1
    assert {address.partition(":")[0] for address in addresses} == {"file", "data"}
    assert chromium.complaints() == []


def test_the_page_may_ask_the_network_for_nothing(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS))
    refused = chromium.run("return fetch('https://example.org/').then(() => 'allowed', () => 'refused')")
    assert refused == "refused"
    assert any("Content Security Policy" in message for message in chromium.complaints())


HOSTILE = [
    "</script><script>document.title='caught'</script>.jpg",
    '"><img src=x onerror="document.title=1">.jpg',
    "a & b < c > d ' e.jpg",
    "\u202egpj.exe.jpg",
    "שלום עולם.jpg",
    "line\nbreak.jpg",
    "bytes\udce9.jpg",
    "%41#?.jpg",
    "@script@.jpg",
]


def test_any_name_is_shown_as_plain_text_and_its_photo_is_found(chromium: Browser, tmp_path: Path) -> None:
    folder = tmp_path / FOLDER.name
    for name in HOSTILE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PHOTOS[0], folder / name)
    rows = [row(name, 90 - at, folder=folder) for at, name in enumerate(HOSTILE)]
    chromium.open(page(tmp_path / "report.html", rows, folder=folder))
    assert chromium.run("return document.title") == FOLDER.name
    chromium.press(Keys.ENTER)
    for name in HOSTILE:
        assert chromium.run("return document.getElementById('loupe-name').textContent") == printable(Path(name).name)
        wait_for(lambda: chromium.run("return document.getElementById('loupe-picture').naturalWidth") > LONG_EDGE)
        assert str(chromium.run("return document.getElementById('loupe-picture').src")).startswith("file:")
        chromium.press(Keys.ARROW_RIGHT)
    assert chromium.complaints() == []


@pytest.mark.parametrize("name", ["@data@", "@style@", "@policy@"])
def test_a_folder_may_have_the_name_of_a_placeholder_in_the_page(chromium: Browser, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    chromium.open(page(tmp_path / "report.html", [row("a.jpg", 90, folder=folder)], folder=folder))
    assert chromium.texts("h1") == [name]
    assert len(chromium.texts(".cell")) == 1
    assert chromium.complaints() == []


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_nothing_sticks_out_of_the_window(chromium: Browser, tmp_path: Path, width: int, height: int) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS), width=width, height=height)
    for key in ([], [Keys.ENTER], ["b"], ["?"]):
        chromium.press(*key)
        assert chromium.run("return document.documentElement.scrollWidth") <= width
        if key:
            chromium.press(Keys.ESCAPE)


@pytest.mark.parametrize(("width", "height"), [(320, 256), (844, 390)], ids=["zoomed in", "phone on its side"])
def test_in_a_low_window_the_photo_with_the_keyboard_is_in_sight(
    chromium: Browser, tmp_path: Path, width: int, height: int
) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS), width=width, height=height)
    for key in (Keys.ARROW_RIGHT, Keys.END, Keys.HOME):
        chromium.press(key)
        assert chromium.run(
            "const photo = document.activeElement.getBoundingClientRect();"
            "const sheet = document.getElementById('scroller').getBoundingClientRect();"
            "return photo.top + 1 > Math.max(0, sheet.top) && photo.bottom - 1 < Math.min(innerHeight, sheet.bottom)"
        )


def test_all_photos_get_onto_paper(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(page(tmp_path / "report.html", [row(f"{number}.jpg", number) for number in range(100)]))
    cells = "document.querySelectorAll('.cell').length"
    chromium.run(f"addEventListener('beforeprint', () => (window.printed = {cells}))")
    assert chromium.pages() > 5
    assert chromium.run("return window.printed") == 100
    assert chromium.run(f"return {cells}") < 50


def test_on_a_phone_the_filters_are_behind_a_button(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(page(tmp_path / "report.html", ROWS), width=390, height=844)
    assert not chromium.find("#filters").is_displayed()
    chromium.click("#open-filters")
    chromium.click("#labels .rejected")
    chromium.click("#open-filters")
    assert len(chromium.texts(".cell")) == 1


def test_five_thousand_photos(chromium: Browser, tmp_path: Path) -> None:
    many = [row(f"{at // 500}/DSC_{at:04}.JPG", at % 1000 / 10, taken=f"2026-06-13T{at:05}") for at in range(5000)]
    report = page(tmp_path / "report.html", many)
    assert report.stat().st_size < 12_000 * len(many)
    chromium.open(report)
    assert chromium.find("#status").text == "5,000 photos of 5,000"
    assert chromium.texts("#labels .chip")[0] == "✓ Accepted 2,000"
    seen = set()
    for _ in range(3):
        names = chromium.run("return [...document.querySelectorAll('.cell')].map(c => c.getAttribute('aria-label'))")
        assert 0 < len(names) < 150
        seen.update(names)
        chromium.press(Keys.PAGE_DOWN)
    assert len(seen) > 20
    chromium.press(Keys.END)
    last = chromium.run("return document.activeElement.getBoundingClientRect().bottom")
    assert 0 < last <= 900
    assert "DSC_4000.JPG" in chromium.run("return document.activeElement.getAttribute('aria-label')")
    assert chromium.run("return document.querySelectorAll('*').length") < 2000
    chromium.press("/", "DSC_1234")
    assert len(chromium.texts(".cell")) == 1
    assert chromium.complaints() == []
