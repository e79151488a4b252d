"""What a person decides in an open digiKam stands, field by field, whatever iqsd does next."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Iqsd, copy_photos, wait_for

from .collection import ALL_ACCEPTED, ALL_REJECTED, SETTLE, Marks, all_are, other_model, said, sidecars
from .programs import exiftool
from .programs.digikam import Digikam, Window

SAME_DATE_S = 2.1  # to digiKam, dates less than two seconds apart are the same

SHARING = {
    "Use XMP Sidecar For Reading": "true",
    "Rescan File If Modified": "true",
    "Metadata Writing Mode": "1",
    "Save Rating": "true",
    "Save Pick Label": "true",
}


class Desk:
    """A person who has digiKam open on a few rated photos, and iqsd beside it.

    Args:
        iqsd: the program; its pictures folder is the collection.
        digikam: the other program.
        window: its window.
    """

    def __init__(self, iqsd: Iqsd, digikam: Digikam, window: Window) -> None:
        self.iqsd = iqsd
        self._digikam = digikam
        self._window = window

    def by_hand(self, *shortcuts: str, until: Callable[[Marks], bool]) -> None:
        """Press the shortcuts on all photos, and wait until digiKam has written what they did."""
        self._window.press(*shortcuts, until=lambda: all_are(self.iqsd.pictures, until))
        self._digikam.wait_until_still()

    def rescan(self, configuration: str) -> None:
        """Rescan with these settings, once the sidecars are old enough for digiKam to notice the next change."""
        self._let_age(self.iqsd.pictures.iterdir())
        self.iqsd.configure(configuration)
        said(self.iqsd)

    def forget(self) -> None:
        """Remove all sidecars."""
        files = list(self.iqsd.pictures.glob("*.xmp"))
        self._let_age(files)
        for file in files:
            file.unlink()

    def marks(self) -> set[Marks]:
        """The marks in the sidecars."""
        return set(sidecars(self.iqsd.pictures).values())

    def shown(self, expected: Marks) -> set[Marks]:
        """What digiKam shows, as soon as it is as expected, or after a while."""
        shown: set[Marks] = set()

        def is_as_expected() -> bool:
            nonlocal shown
            shown = {Marks(seen.rating, seen.pick_label) for seen in self._digikam.seen().values()}
            return shown == {expected}

        with contextlib.suppress(AssertionError):
            wait_for(is_as_expected)
        return shown

    def _let_age(self, files: Iterable[Path]) -> None:
        youngest = max((file.stat().st_mtime for file in files), default=0)
        time.sleep(max(0.0, youngest + SAME_DATE_S - time.time()))


@pytest.fixture(scope="module")
def digikam_open(
    tmp_path_factory: pytest.TempPathFactory, digikam_is_here: type[Digikam], exiftool_is_here: None
) -> Iterator[Desk]:
    """digiKam, open for the whole module: each test empties its collection and fills it again."""
    iqsd = Iqsd(tmp_path_factory.mktemp("iqsd") / "home")
    digikam = digikam_is_here(tmp_path_factory.mktemp("digikam"), iqsd.pictures)
    digikam.configure(SHARING, monitoring=True)
    copy_photos(iqsd.pictures, 3)
    with digikam.open() as window:
        yield Desk(iqsd, digikam, window)


@pytest.fixture
def desk(digikam_open: Desk) -> Desk:
    """Every photo is as iqsd rated it, and digiKam shows that."""
    digikam_open.forget()
    digikam_open.rescan(ALL_ACCEPTED)
    assert digikam_open.marks() == {Marks(5, 3)}
    assert digikam_open.shown(Marks(5, 3)) == {Marks(5, 3)}
    return digikam_open


def test_stars_given_by_hand_stand_and_the_label_still_follows_iqsd(desk: Desk, tmp_path: Path) -> None:
    desk.by_hand("ctrl+2", until=lambda marks: marks.rating == 2)
    desk.rescan(ALL_ACCEPTED)
    assert desk.marks() == {Marks(2, 3)}
    desk.rescan(ALL_REJECTED)
    assert desk.marks() == {Marks(2, 1)}
    assert desk.shown(Marks(2, 1)) == {Marks(2, 1)}
    desk.rescan(f'{ALL_ACCEPTED}[model]\nfile = "{other_model(tmp_path)}"\n')
    assert desk.marks() == {Marks(2, 3)}
    assert desk.shown(Marks(2, 3)) == {Marks(2, 3)}


def test_a_label_given_by_hand_stands_and_the_stars_still_follow_iqsd(desk: Desk) -> None:
    desk.by_hand("alt+2", until=lambda marks: marks.pick_label == 2)
    desk.rescan(ALL_REJECTED)
    assert desk.marks() == {Marks(1, 2)}
    assert desk.shown(Marks(1, 2)) == {Marks(1, 2)}


def test_clearing_both_by_hand_stands(desk: Desk) -> None:
    desk.by_hand("ctrl+0", "alt+0", until=lambda marks: marks == Marks(None, None))
    desk.rescan(ALL_ACCEPTED)
    desk.rescan(ALL_REJECTED)
    assert desk.marks() == {Marks(None, None)}


def test_the_persons_decision_stands_when_the_journal_is_lost(desk: Desk) -> None:
    desk.by_hand("ctrl+4", "alt+1", until=lambda marks: marks == Marks(4, 1))
    desk.iqsd.journal.unlink()
    desk.rescan(SETTLE)
    assert desk.marks() == {Marks(4, 1)}


def test_what_iqsd_recorded_survives_digikam_writing_the_sidecar(desk: Desk) -> None:
    files = sorted(desk.iqsd.pictures.glob("*.xmp"))
    before = {file: _records(found) for file, found in exiftool.read(files).items()}
    desk.by_hand("ctrl+3", until=lambda marks: marks.rating == 3)
    after = {file: _records(found) for file, found in exiftool.read(files).items()}
    assert all(before.values())
    assert after == before


def _records(properties: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in properties.items() if key.startswith("XMP-iqsd:")}
