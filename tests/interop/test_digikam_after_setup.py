"""A fresh digiKam shows nothing that iqsd wrote; after `iqsd digikam setup` it does, and at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from iqsd.errors import ExitCode
from tests.conftest import PHOTOS, Iqsd, copy_photos
from tests.formats.making import dng, heic, photograph

from .collection import Marks, all_are, said, sidecars
from .programs.digikam import Digikam

SECONDS = 45  # 15 on an idle machine: iqsd waits five for the photo to be complete, digiKam two before it looks


class Story(NamedTuple):
    """Two photos are in digiKam's collection before iqsd comes, six arrive while both are running.

    Attributes:
        first_look: what digiKam shows before iqsd has rated.
        while_open: `iqsd digikam setup` while digiKam is open.
        before: `iqsd digikam check` before setup.
        setup: `iqsd digikam setup` then.
        after: `iqsd digikam check` after it.
        second_look: what digiKam shows when it is opened again.
        rated_before: the marks in the sidecars then.
        live: what it shows of photos that arrived while it was open.
        rated_live: the marks in their sidecars.
    """

    first_look: dict[str, Marks]
    while_open: subprocess.CompletedProcess[str]
    before: subprocess.CompletedProcess[str]
    setup: subprocess.CompletedProcess[str]
    after: subprocess.CompletedProcess[str]
    second_look: dict[str, Marks]
    rated_before: dict[str, Marks]
    live: dict[str, Marks]
    rated_live: dict[str, Marks]


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory,
    digikam_is_here: type[Digikam],
    exiftool_is_here: None,
) -> Story:
    iqsd = Iqsd(tmp_path_factory.mktemp("iqsd") / "home")
    digikam = digikam_is_here(tmp_path_factory.mktemp("digikam"), iqsd.pictures)
    _share_a_home(iqsd, digikam)
    digikam.configure({})
    copy_photos(iqsd.pictures, 2)

    def shown() -> dict[str, Marks]:
        return {name: Marks(seen.rating, seen.pick_label) for name, seen in digikam.seen().items()}

    with digikam.open():
        while_open = iqsd.run("digikam", "setup")
    first_look = shown()
    said(iqsd)
    before, setup, after = (iqsd.run("digikam", command) for command in ("check", "setup", "check"))
    with digikam.open():
        second_look, rated_before = shown(), sidecars(iqsd.pictures)
        live = _copy_in_while_both_run(iqsd, shown)
    rated = sidecars(iqsd.pictures)
    rated_live = {name: marks for name, marks in rated.items() if name not in rated_before}
    return Story(first_look, while_open, before, setup, after, second_look, rated_before, live, rated_live)


def _share_a_home(iqsd: Iqsd, digikam: Digikam) -> None:
    """Let iqsd find this digiKam's settings, and run it with its defaults, including the settling time."""
    iqsd.environment["XDG_CONFIG_HOME"] = str(digikam.rc.parent)
    iqsd.config = digikam.rc.parent / "iqsd" / "config.toml"
    iqsd.configure("")


def _copy_in_while_both_run(iqsd: Iqsd, shown: Callable[[], dict[str, Marks]]) -> dict[str, Marks]:
    """Copy six photos in; return what digiKam shows of them once all have both marks, or when the time is up."""
    daemon = iqsd.watch()
    try:
        new = [shutil.copy(photo, iqsd.pictures / f"new {photo.name}") for photo in PHOTOS[2:8]]
        names = {Path(photo).name for photo in new}
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            live = {name: marks for name, marks in shown().items() if name in names}
            if live.keys() == names and all(marks.rating and marks.pick_label for marks in live.values()):
                break
            time.sleep(0.2)
        return live
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        daemon.communicate(timeout=20)


def test_setup_is_refused_while_digikam_is_open(story: Story) -> None:
    assert story.while_open.returncode == ExitCode.CONFIG
    assert "digiKam is running" in story.while_open.stderr


def test_check_says_what_is_in_the_way_until_setup_has_changed_it(story: Story) -> None:
    assert story.before.returncode == ExitCode.SOME_FAILED
    assert "Read from sidecar files" in story.before.stdout
    assert story.setup.returncode == ExitCode.OK, story.setup.stderr
    assert story.after.returncode == ExitCode.OK, story.after.stdout


def test_photos_that_digikam_knew_unrated_show_their_stars_at_its_next_start(story: Story) -> None:
    assert set(story.first_look.values()) == {Marks(None, None)}
    assert len(story.second_look) == 2
    assert story.second_look == story.rated_before


def test_photos_that_arrive_while_digikam_is_open_show_their_stars_within_seconds(story: Story) -> None:
    assert len(story.live) == 6
    assert story.live == story.rated_live


def test_stars_that_only_digikams_database_knows_are_not_lost(
    tmp_path: Path, digikam_is_here: type[Digikam], exiftool_is_here: None
) -> None:
    """Setup refuses until the person has let digiKam write them, as docs/digikam.md says."""
    iqsd = Iqsd(tmp_path / "iqsd")
    digikam = digikam_is_here(tmp_path / "digikam", iqsd.pictures)
    _share_a_home(iqsd, digikam)
    digikam.configure({})
    copy_photos(iqsd.pictures, 3)
    with digikam.open() as window:
        window.press("ctrl+4", until=lambda: {seen.rating for seen in digikam.seen().values()} == {4})
    said(iqsd)
    refused = iqsd.run("digikam", "setup")
    assert refused.returncode == ExitCode.CONFIG
    assert "3 photos have stars or labels in digiKam's database" in refused.stderr
    digikam.configure(
        {
            "Use XMP Sidecar For Reading": "true",
            "Metadata Writing Mode": "1",
            "Save Rating": "true",
            "Save Pick Label": "true",
        }
    )
    with digikam.open() as window:
        window.write_metadata(until=lambda: all_are(iqsd.pictures, lambda marks: marks.rating == 4))
        digikam.wait_until_still()
    assert iqsd.run("digikam", "setup").returncode == ExitCode.OK
    said(iqsd)
    assert {marks.rating for marks in sidecars(iqsd.pictures).values()} == {4}
    assert {seen.rating for seen in digikam.look().values()} == {4}


def test_stars_of_photos_that_digikam_does_not_write_into_are_not_lost(
    tmp_path: Path, digikam_is_here: type[Digikam]
) -> None:
    iqsd = Iqsd(tmp_path / "iqsd")
    digikam = digikam_is_here(tmp_path / "digikam", iqsd.pictures)
    _share_a_home(iqsd, digikam)
    digikam.configure({"Save Rating": "true", "Save Pick Label": "true"})
    (jpeg,) = copy_photos(iqsd.pictures, 1)
    for name, make in (("raw.nef", dng), ("phone.heic", heic)):
        (iqsd.pictures / name).write_bytes(make(photograph(640, 480)))
    untouched = jpeg.read_bytes()
    with digikam.open() as window:
        window.press("ctrl+2", until=lambda: {seen.rating for seen in digikam.seen().values()} == {2})
        digikam.wait_until_still()
    assert jpeg.read_bytes() != untouched
    refused = iqsd.run("digikam", "setup")
    assert refused.returncode == ExitCode.CONFIG
    assert "2 photos have stars or labels in digiKam's database" in refused.stderr
