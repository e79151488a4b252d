"""Bursts as a user meets them: real files, the real program, sidecars."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from iqsd import sidecars
from iqsd.journal import Journal
from tests.bursts.shooting import save, swept, view
from tests.conftest import Iqsd, digest, sidecar, wait_for
from tests.tiny_model import METADATA, write_model

LIGHTS = {"IMG_1.JPG": 1.2, "IMG_2.JPG": 1.35, "IMG_3.JPG": 1.25}
QUOTE = {'"': "&quot;"}
BEST = "IMG_2.JPG"  # the tiny model likes light


@pytest.fixture
def iqsd(iqsd: Iqsd) -> Iqsd:
    model = write_model(iqsd.home / "tiny.tflite", [[3, 3, 3]], [3.0], METADATA)
    iqsd.configure(f'[watch]\nsettle_seconds = 0.3\n[model]\nfile = "{model}"\n')
    return iqsd


def shoot(folder: Path, *names: str) -> list[Path]:
    """The frames of a burst, half a second apart."""
    return [
        save(view("twowings", 3 * n, light=LIGHTS[name]), folder / name, n * 0.5)
        for n, name in enumerate(LIGHTS)
        if name in (names or LIGHTS)
    ]


def labels(folder: Path) -> dict[str, int | None]:
    return {photo.name: sidecars.read(photo).pick_label for photo in sorted(folder.glob("*.JPG"))}


def reasons(photo: Path) -> tuple[str, ...]:
    record = sidecars.read(photo).record
    assert record is not None
    return record.reasons


ACCEPTED, PENDING = 3, 2
STEPPED_DOWN = {"IMG_1.JPG": PENDING, "IMG_2.JPG": ACCEPTED, "IMG_3.JPG": PENDING}


def test_the_best_of_a_burst_stays_the_others_step_down_and_a_second_run_writes_nothing(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures)
    alone = save(view("dune", light=1.2), iqsd.pictures / "IMG_4.JPG", 1.5)
    lines = iqsd.rescan()
    assert [line["status"] for line in lines].count("rated") == 4
    last = {Path(line["path"]).name: line for line in lines}
    assert {name: last[name]["pick_label"] for name in LIGHTS} == {
        name: "accepted" if name == BEST else "pending" for name in LIGHTS
    }
    assert {name: labels(iqsd.pictures)[name] for name in LIGHTS} == STEPPED_DOWN
    assert reasons(iqsd.pictures / "IMG_3.JPG")[0] == "2nd of 3 alike, IMG_2.JPG is the best"
    assert "the best of 3 alike" in reasons(iqsd.pictures / BEST)
    assert not any("alike" in reason for reason in reasons(alone))
    before = digest(iqsd.pictures)
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    assert digest(iqsd.pictures) == before


@pytest.mark.parametrize("order", [["IMG_2.JPG", "IMG_1.JPG", "IMG_3.JPG"], ["IMG_3.JPG", "IMG_1.JPG", "IMG_2.JPG"]])
def test_a_burst_that_arrives_frame_by_frame_ends_like_one_that_was_already_there(iqsd: Iqsd, order: list[str]) -> None:
    for name in order:
        shoot(iqsd.pictures, name)
        iqsd.rescan()
    assert labels(iqsd.pictures) == STEPPED_DOWN
    assert reasons(iqsd.pictures / "IMG_1.JPG")[0] == "3rd of 3 alike, IMG_2.JPG is the best"


def test_when_the_best_is_deleted_the_next_best_takes_its_place(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures)
    iqsd.rescan()
    (iqsd.pictures / BEST).unlink()
    iqsd.rescan()
    assert labels(iqsd.pictures) == {"IMG_1.JPG": PENDING, "IMG_3.JPG": ACCEPTED}
    (iqsd.pictures / "IMG_3.JPG").unlink()
    iqsd.rescan()
    assert labels(iqsd.pictures) == {"IMG_1.JPG": ACCEPTED}
    assert not any("alike" in reason for reason in reasons(iqsd.pictures / "IMG_1.JPG"))


def test_the_frame_that_a_person_chose_is_the_best_and_keeps_what_the_person_gave(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures)
    iqsd.rescan()
    chosen = iqsd.pictures / "IMG_1.JPG"
    text = sidecar(chosen).read_text("utf-8")
    for name, value in (("digiKam:PickLabel", "3"), ("xmp:Rating", "5")):
        at = text.index(f'{name}="') + len(name) + 2
        text = text[:at] + value + text[at + 1 :]
    sidecar(chosen).write_text(text, "utf-8")
    iqsd.rescan()
    state = sidecars.read(chosen)
    assert (state.rating, state.pick_label) == (5, ACCEPTED)
    assert state.rating_is_persons and state.pick_label_is_persons
    before = digest(iqsd.pictures)
    iqsd.rescan()
    assert digest(iqsd.pictures) == before
    assert labels(iqsd.pictures) == {"IMG_1.JPG": ACCEPTED, "IMG_2.JPG": PENDING, "IMG_3.JPG": PENDING}
    assert reasons(iqsd.pictures / BEST)[0] == "2nd of 3 alike, IMG_1.JPG is the best"


def test_without_its_journal_iqsd_still_knows_the_groups_and_changes_no_byte(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures)
    iqsd.rescan()
    before = digest(iqsd.pictures)
    iqsd.lose_journal()
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    assert digest(iqsd.pictures) == before


@pytest.mark.parametrize(
    "group",
    [
        '{"kind":"burst","group":"a/b","size":3,"place":2,"best":"c"}',
        '{"kind":"burst","group":".","size":3,"place":2,"best":"c"}',
        '{"kind":"burst","group":"a","size":3,"place":2,"best":"\\ud800"}',
        '{"kind":"burst","group":"a","size":3,"place":"x","best":"c"}',
        '{"kind":"burst","group":"a","size":1,"place":1,"best":"a"}',
        "[" * 100_000,
    ],
)
def test_a_recorded_group_that_makes_no_sense_is_ignored(iqsd: Iqsd, group: str) -> None:
    (photo,) = shoot(iqsd.pictures, BEST)
    iqsd.rescan()
    text = (
        sidecar(photo)
        .read_text("utf-8")
        .replace('iqsd:score="', f'iqsd:group="{escape(group, QUOTE)}" iqsd:score="', 1)
    )
    assert "iqsd:group=" in text
    sidecar(photo).write_text(text, "utf-8")
    iqsd.lose_journal()
    assert [line["status"] for line in iqsd.rescan()] != ["failed"]
    assert iqsd.run("report", iqsd.pictures, "-o", iqsd.home / "report.html").returncode == 0


def test_a_dry_run_says_how_a_run_will_end_and_writes_nothing(iqsd: Iqsd) -> None:
    photos = shoot(iqsd.pictures)
    before = digest(iqsd.pictures)
    lines = iqsd.rescan("--dry-run")
    assert digest(iqsd.pictures) == before
    said = {Path(line["path"]).name: line["written"]["pick_label"] for line in lines}
    assert said == STEPPED_DOWN
    summary = iqsd.run("rescan", iqsd.pictures, "--dry-run").stdout.splitlines()[-1]
    assert summary.startswith("3 would be rated (1 accepted, 2 pending, 0 rejected)")
    assert not any(sidecar(photo).exists() for photo in photos)


@pytest.mark.parametrize("happens", ["the best goes", "a person rejects the best", "another frame comes after an undo"])
def test_a_dry_run_says_how_photos_already_rated_will_end(iqsd: Iqsd, happens: str) -> None:
    first = "another" in happens
    shoot(iqsd.pictures, *(["IMG_1.JPG", "IMG_3.JPG"] if first else []))
    iqsd.rescan()
    best = iqsd.pictures / BEST
    if happens == "the best goes":
        best.unlink()
    elif happens == "a person rejects the best":
        text = sidecar(best).read_text("utf-8")
        sidecar(best).write_text(text.replace('digiKam:PickLabel="3"', 'digiKam:PickLabel="1"'), "utf-8")
    else:
        iqsd.run("undo", iqsd.pictures)
        shoot(iqsd.pictures, BEST)
    before = digest(iqsd.pictures)
    said, done = (
        {line["path"]: line["pick_label"] for line in iqsd.rescan(*how) if "pick_label" in line}
        for how in (["--dry-run"], [])
    )
    assert said == done
    assert digest(iqsd.pictures) != before
    assert "accepted" in done.values()


def test_undo_takes_everything_back_and_new_settings_settle_groups_anew(iqsd: Iqsd) -> None:
    photos = shoot(iqsd.pictures)
    iqsd.rescan()
    text = iqsd.config.read_text("utf-8")
    iqsd.configure(f"{text}[rating]\nburst_seconds = 0\n")
    iqsd.rescan()
    assert set(labels(iqsd.pictures).values()) == {ACCEPTED}
    iqsd.configure(text)
    iqsd.rescan()
    assert labels(iqsd.pictures) == STEPPED_DOWN
    assert iqsd.run("undo", iqsd.pictures).returncode == 0
    assert not any(sidecar(photo).exists() for photo in photos)


def test_brackets_and_panoramas_stay_whole(iqsd: Iqsd) -> None:
    for number, (bias, light) in enumerate([(0.0, 1.3), (-1.0, 1.1), (1.0, 1.4)]):
        save(view("twowings", light=light), iqsd.pictures / f"HDR_{number}.JPG", number * 0.5, bias)
    for number in range(3):
        save(swept(0.25 * number), iqsd.pictures / f"PAN_{number}.JPG", 100 + number)
    iqsd.rescan()
    for photo in iqsd.pictures.glob("*.JPG"):
        words = "an exposure bracket of 3" if photo.name.startswith("HDR") else "a panorama of 3"
        assert f"part of {words}" in reasons(photo)
        assert not any("alike" in reason for reason in reasons(photo))
    assert {labels(iqsd.pictures)[f"HDR_{n}.JPG"] for n in range(3)} == {ACCEPTED}


def test_the_daemon_settles_a_burst_that_arrives_frame_by_frame(iqsd: Iqsd, daemon: subprocess.Popen[str]) -> None:
    for name in ("IMG_3.JPG", "IMG_2.JPG", "IMG_1.JPG"):
        shoot(iqsd.pictures, name)
        wait_for(lambda name=name: sidecar(iqsd.pictures / name).exists())  # type: ignore[misc]
    wait_for(lambda: labels(iqsd.pictures) == STEPPED_DOWN)
    assert "3rd of 3 alike, IMG_2.JPG is the best" in iqsd.log.read_text()


def test_the_daemon_judges_what_an_interrupted_run_left_only_where_it_watches(iqsd: Iqsd) -> None:
    elsewhere = iqsd.home / "elsewhere"
    settings = iqsd.config.read_text()
    iqsd.configure(settings + "[rating]\nburst_seconds = 0\n")
    photos = [*shoot(elsewhere), *shoot(iqsd.pictures)]
    iqsd.run("rescan", elsewhere, iqsd.pictures)
    with Journal(iqsd.journal) as journal:
        for photo in photos:
            journal.groups.unsettle(photo)
        journal.flush()
    before = digest(elsewhere)
    iqsd.configure(settings)
    iqsd.start("start", iqsd.pictures)
    wait_for(lambda: labels(iqsd.pictures) == STEPPED_DOWN)
    time.sleep(1)  # both would have been due immediately
    assert digest(elsewhere) == before


def test_json_lines_of_settled_photos_are_whole_score_lines(iqsd: Iqsd) -> None:
    shoot(iqsd.pictures)
    done = iqsd.run("rescan", iqsd.pictures, "--json")
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    settled = [line for line in lines if line["status"] == "settled"]
    assert {Path(line["path"]).name for line in settled} == set(LIGHTS)
    assert all(set(line) == set(lines[0]) for line in settled)
