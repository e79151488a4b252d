"""What a person decides in darktable stands whatever iqsd does next, and darktable's own edits stay."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.conftest import Iqsd, copy_photos

from .collection import ALL_ACCEPTED, ALL_REJECTED, Marks, other_model, said, sidecars
from .programs import exiftool
from .programs.darktable import REJECTED, Darktable, Seen


class Story(NamedTuple):
    """iqsd rates four photos; a person opens them in darktable and decides on three; iqsd changes its mind, twice.

    Attributes:
        by_iqsd: everything in the sidecars at first.
        by_hand: the same, after darktable has written three of them.
        at_last: the same, after the last rescan.
        marks: stars and labels in the end.
        shown: what a fresh darktable then shows.
    """

    by_iqsd: dict[str, dict[str, Any]]
    by_hand: dict[str, dict[str, Any]]
    at_last: dict[str, dict[str, Any]]
    marks: dict[str, Marks]
    shown: dict[str, Seen]


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, darktable_is_here: type[Darktable], exiftool_is_here: None
) -> Story:
    iqsd = Iqsd(tmp_path_factory.mktemp("iqsd") / "home")
    stars, rejected, cleared, untouched = sorted(copy_photos(iqsd.pictures, 4))
    for photo, name in ((stars, "stars"), (rejected, "rejected"), (cleared, "cleared"), (untouched, "untouched")):
        photo.rename(photo.with_name(f"{name}.jpg"))
    stars, rejected, cleared = (iqsd.pictures / f"{name}.jpg" for name in ("stars", "rejected", "cleared"))

    def everything() -> dict[str, dict[str, Any]]:
        found = exiftool.read(sorted(iqsd.pictures.glob("*.xmp")))
        return {path.name.partition(".")[0]: properties for path, properties in found.items()}

    iqsd.configure(ALL_ACCEPTED)
    said(iqsd)
    by_iqsd = everything()
    edits = {stars: 2, rejected: REJECTED, cleared: 0}
    darktable_is_here(tmp_path_factory.mktemp("darktable")).look(iqsd.pictures, edits)
    by_hand = everything()
    iqsd.configure(ALL_REJECTED)
    said(iqsd)
    iqsd.configure(f'{ALL_REJECTED}[model]\nfile = "{other_model(iqsd.home)}"\n')
    said(iqsd)
    shown = darktable_is_here(tmp_path_factory.mktemp("another")).look(iqsd.pictures)
    return Story(by_iqsd, by_hand, everything(), sidecars(iqsd.pictures), shown)


def test_darktable_did_write_what_the_person_decided(story: Story) -> None:
    assert {name: found["XMP-xmp:Rating"] for name, found in story.by_iqsd.items()} == dict.fromkeys(story.by_iqsd, 5)
    assert {name: found["XMP-xmp:Rating"] for name, found in story.by_hand.items()} == {
        "stars": 2,
        "rejected": REJECTED,
        "cleared": 0,
        "untouched": 5,
    }


def test_stars_given_in_darktable_stand_and_the_label_still_follows_iqsd(story: Story) -> None:
    assert story.marks["stars.jpg"] == Marks(2, 1)


def test_a_rejection_in_darktable_stands(story: Story) -> None:
    assert story.marks["rejected.jpg"].rating == REJECTED


def test_clearing_the_stars_in_darktable_stands(story: Story) -> None:
    assert story.marks["cleared.jpg"].rating is None


def test_a_photo_that_nobody_decided_on_follows_iqsd(story: Story) -> None:
    assert story.marks["untouched.jpg"] == Marks(1, 1)


def test_darktable_shows_all_of_this_again(story: Story) -> None:
    assert {name: seen.rating for name, seen in story.shown.items()} == {
        "stars.jpg": 2,
        "rejected.jpg": REJECTED,
        "cleared.jpg": 0,
        "untouched.jpg": 1,
    }


def test_what_iqsd_recorded_survives_darktable_writing_the_sidecar(story: Story) -> None:
    for name, before in story.by_iqsd.items():
        record = {key: value for key, value in before.items() if key.startswith("XMP-iqsd:")}
        assert record
        assert record.items() <= story.by_hand[name].items()


def test_darktables_own_work_survives_iqsd_writing_the_sidecar(story: Story) -> None:
    for name, before in story.by_hand.items():
        own = {key: value for key, value in before.items() if key.startswith("XMP-darktable:")}
        assert own or name == "untouched"
        assert own.items() <= story.at_last[name].items()
