"""A RAW file and the JPEG beside it are one photo: opened and judged once; a person's rating of one holds for both."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from iqsd.sidecars import read
from tests.commands.test_persons_values import PACKET
from tests.conftest import PHOTOS, Iqsd, digest, sidecar, wait_for
from tests.formats.making import dng, photograph, write

RAW = dng(photograph(600, 400, 2))  # not the JPEG's picture: the figures tell which of the two was opened


def pair(folder: Path) -> tuple[Path, Path]:
    """A RAW file and a JPEG, named as a camera does."""
    return write(folder / "IMG_1.DNG", RAW), Path(shutil.copy(PHOTOS[0], folder / "IMG_1.JPG"))


def by_suffix(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {Path(line["path"]).suffix: line for line in lines}


def figures(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "path"}


def score(photo: Path) -> float:
    record = read(photo).record
    assert record is not None
    return record.score


def explained(iqsd: Iqsd, *photos: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in iqsd.run("explain", *photos, "--json").stdout.splitlines()]


def persons(photo: Path, values: str = 'xmp:Rating="4" digiKam:PickLabel="1"') -> None:
    sidecar(photo).write_text(PACKET.format(values=values))


def test_both_sidecars_get_the_verdict_on_the_one_half_that_is_opened(iqsd: Iqsd) -> None:
    pair(iqsd.pictures)
    (iqsd.pictures / "other").mkdir()
    shutil.copy(PHOTOS[0], iqsd.pictures / "other" / "alone.JPG")
    lines = iqsd.rescan()
    (alone,) = [line for line in lines if "alone" in line["path"]]
    assert [figures(line) for line in lines] == [figures(alone)] * 3
    assert [line["status"] for line in iqsd.rescan()] == ["unchanged"] * 3


def test_in_a_burst_both_halves_step_down_together(iqsd: Iqsd) -> None:
    shots = [[write(iqsd.pictures / f"{name}.DNG", RAW), iqsd.pictures / f"{name}.JPG"] for name in ("a", "b")]
    for _, jpeg in shots:
        shutil.copy(PHOTOS[0], jpeg)
    iqsd.configure("[watch]\nsettle_seconds = 0\n[rating]\naccept_from = 0\nreject_below = 0\n")
    iqsd.rescan()
    labels = [[read(half).pick_label for half in shot] for shot in shots]
    assert labels == [[3, 3], [2, 2]]
    iqsd.rescan()
    assert labels == [[read(half).pick_label for half in shot] for shot in shots]


@pytest.mark.parametrize("choice", ["raw", "jpeg"])
def test_a_persons_rating_of_the_half_left_out_has_its_burst_judged_anew(iqsd: Iqsd, choice: str) -> None:
    shots = [[write(iqsd.pictures / f"{name}.DNG", RAW), iqsd.pictures / f"{name}.JPG"] for name in ("a", "b")]
    for _, jpeg in shots:
        shutil.copy(PHOTOS[0], jpeg)
    if choice == "raw":
        shots = [shot[::-1] for shot in shots]
    iqsd.configure(f'[watch]\nsettle_seconds = 0\n[rating]\naccept_from = 0\nreject_below = 0\npairs = "{choice}"\n')
    iqsd.rescan()
    (_, first), (left_out, second) = shots
    assert [read(half).pick_label for half in (first, second)] == [3, 2]
    persons(left_out, 'xmp:Rating="5"')
    iqsd.rescan()
    assert [read(half).pick_label for half in (first, second)] == [2, 3]
    sidecar(left_out).unlink()
    iqsd.rescan()
    assert [read(half).pick_label for half in (first, second)] == [3, 2]
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    persons(left_out, 'xmp:Rating="5"')
    iqsd.rescan()
    left_out.unlink()
    iqsd.rescan()
    assert [read(half).pick_label for half in (first, second)] == [3, 2]


def test_a_dry_run_says_the_same_and_writes_nothing(iqsd: Iqsd) -> None:
    pair(iqsd.pictures)
    before = digest(iqsd.pictures)
    said = by_suffix(iqsd.rescan("--dry-run"))
    assert digest(iqsd.pictures) == before
    assert said == by_suffix(iqsd.rescan())


@pytest.mark.parametrize("first", [".DNG", ".JPG"])
def test_the_half_that_arrives_later_gets_the_verdict_that_stands(iqsd: Iqsd, first: str) -> None:
    halves = {half.suffix: half for half in pair(iqsd.pictures)}
    (late,) = [half for suffix, half in halves.items() if suffix != first]
    late.rename(iqsd.home / late.name)
    iqsd.rescan()
    (iqsd.home / late.name).rename(late)
    before = explained(iqsd, late)
    lines = by_suffix(iqsd.rescan())
    assert (lines[first]["status"], lines[late.suffix]["status"]) == ("unchanged", "rated")
    assert score(late) == score(halves[first])
    told = before + explained(iqsd, *halves.values())
    assert {line["score"] for line in told} == {score(late)}
    assert told[0]["distributions"] == told[1]["distributions"] == told[2]["distributions"]


def test_a_half_is_explained_as_a_rescan_will_rate_it(iqsd: Iqsd) -> None:
    halves = pair(iqsd.pictures)
    told = [line["score"] for line in explained(iqsd, *halves)]
    assert explained(iqsd, halves[0])[0]["score"] == told[0]
    iqsd.rescan()
    assert told == [score(half) for half in halves]


def test_a_half_is_explained_by_itself_if_the_other_is_damaged(iqsd: Iqsd) -> None:
    raw, jpeg = pair(iqsd.pictures)
    jpeg.write_bytes(jpeg.read_bytes()[:3000])
    damaged, told = explained(iqsd, jpeg, raw)
    assert "error" in damaged
    iqsd.rescan()
    assert told["score"] == score(raw)


def test_a_damaged_half_leaves_the_other_on_its_own(iqsd: Iqsd) -> None:
    raw, jpeg = pair(iqsd.pictures)
    jpeg.write_bytes(jpeg.read_bytes()[:3000])
    lines = by_suffix(iqsd.rescan())
    assert (lines[".DNG"]["status"], lines[".JPG"]["status"]) == ("rated", "failed")
    jpeg.unlink()
    alone = score(raw)
    sidecar(raw).unlink()
    shutil.rmtree(iqsd.journal.parent)
    iqsd.rescan()
    assert score(raw) == alone


def test_what_a_person_said_of_one_half_is_not_contradicted_on_the_other(iqsd: Iqsd) -> None:
    raw, jpeg = pair(iqsd.pictures)
    persons(raw)
    before = digest(iqsd.pictures)
    told = " ".join(iqsd.run("explain", jpeg).stdout.split())
    for field in ("rating", "pick label"):
        assert f"the other half of the pair has a person's {field}: no other is set here" in told
    assert {line["status"] for line in iqsd.rescan()} == {"kept"}
    assert digest(iqsd.pictures) == before
    persons(raw, 'xmp:Rating="4"')
    assert by_suffix(iqsd.rescan())[".JPG"]["status"] == "kept"  # nothing of its own has changed
    shutil.rmtree(iqsd.journal.parent)
    lines = by_suffix(iqsd.rescan())
    assert [line["written"]["rating"] for line in lines.values()] == [None, None]
    assert read(jpeg).rating is None
    assert read(jpeg).pick_label == read(raw).pick_label is not None


def test_force_overrules_a_person_on_both(iqsd: Iqsd) -> None:
    raw, jpeg = pair(iqsd.pictures)
    persons(raw)
    said = by_suffix(iqsd.rescan("--force"))
    for half in (raw, jpeg):
        assert read(half).rating == said[half.suffix]["rating"]


def test_what_a_person_changes_later_stays_and_the_other_half_is_left_as_it_is(iqsd: Iqsd) -> None:
    raw, jpeg = pair(iqsd.pictures)
    iqsd.rescan()
    rating = read(raw).rating
    assert rating is not None
    sidecar(raw).write_text(
        sidecar(raw).read_text().replace(f'xmp:Rating="{rating}"', f'xmp:Rating="{rating % 5 + 1}"')
    )
    iqsd.configure("[rating]\nreject_below = 100\naccept_from = 100\n")
    iqsd.rescan()
    assert read(raw).rating == rating % 5 + 1
    assert read(jpeg).rating == rating
    assert read(jpeg).pick_label == read(raw).pick_label == 1


@pytest.mark.parametrize(("choice", "rated"), [("raw", ".DNG"), ("jpeg", ".JPG")])
def test_one_half_alone_gets_a_sidecar_by_choice(iqsd: Iqsd, choice: str, rated: str) -> None:
    halves = pair(iqsd.pictures)
    iqsd.configure(f'[watch]\nsettle_seconds = 0\n[rating]\npairs = "{choice}"\n')
    lines = by_suffix(iqsd.rescan())
    assert [suffix for suffix, line in lines.items() if line["status"] == "rated"] == [rated]
    assert [half.suffix for half in halves if sidecar(half).exists()] == [rated]
    assert len({line["score"] for line in explained(iqsd, *halves)}) == 1
    next(half for half in halves if half.suffix == rated).unlink()
    (alone,) = iqsd.rescan()
    assert alone["status"] == "rated"


def test_the_half_that_was_left_out_gets_its_sidecar_when_it_is_wanted(iqsd: Iqsd) -> None:
    halves = pair(iqsd.pictures)
    iqsd.configure('[watch]\nsettle_seconds = 0\n[rating]\npairs = "jpeg"\n')
    iqsd.rescan()
    iqsd.configure("[watch]\nsettle_seconds = 0\n")
    iqsd.rescan()
    assert [sidecar(half).exists() for half in halves] == [True, True]


def test_in_compatible_names_each_half_has_a_sidecar_of_its_own(iqsd: Iqsd) -> None:
    raw, jpeg = pair(iqsd.pictures)
    iqsd.configure('[watch]\nsettle_seconds = 0\n[sidecars]\nnaming = "base"\n')
    iqsd.rescan()
    assert {path.name for path in iqsd.pictures.glob("*.xmp")} == {"IMG_1.xmp", "IMG_1.JPG.xmp"}
    assert 'SidecarForExtension="DNG"' in (iqsd.pictures / "IMG_1.xmp").read_text()
    assert iqsd.rescan()[0]["status"] == iqsd.rescan()[1]["status"] == "unchanged"
    assert raw.exists()
    assert jpeg.exists()


def test_undo_takes_both_back_and_a_move_takes_both_along(iqsd: Iqsd) -> None:
    halves = pair(iqsd.pictures)
    before = digest(iqsd.pictures)
    iqsd.rescan()
    iqsd.run("undo", iqsd.pictures)
    assert digest(iqsd.pictures) == before
    iqsd.rescan()
    (iqsd.pictures / "moved").mkdir()
    for half in halves:
        half.rename(iqsd.pictures / "moved" / half.name)  # their sidecars stay behind
    assert {line["status"] for line in iqsd.rescan()} <= {"unchanged", "rated"}
    scores = [score(iqsd.pictures / "moved" / half.name) for half in halves]
    assert scores[0] == scores[1]


def test_a_moved_pairs_sidecar_follows_the_raw_file_even_if_only_the_jpeg_gets_a_verdict(iqsd: Iqsd) -> None:
    iqsd.configure('[watch]\nsettle_seconds = 0\n[rating]\npairs = "jpeg"\n')
    halves = pair(iqsd.pictures)
    (iqsd.pictures / "IMG_1.xmp").write_text(PACKET.format(values='xmp:Rating="4" digiKam:PickLabel="1"'))
    iqsd.rescan()
    moved = iqsd.pictures / "moved"
    moved.mkdir()
    raw, jpeg = (half.rename(moved / half.name) for half in halves)
    iqsd.rescan()
    assert [read(half).rating for half in (raw, jpeg)] == [4, None]
    assert [path.name for path in moved.glob("*.xmp")] == ["IMG_1.xmp"]


def test_the_video_of_a_live_photo_is_not_a_photo(iqsd: Iqsd) -> None:
    shutil.copy(PHOTOS[0], iqsd.pictures / "IMG_2.JPG")
    (iqsd.pictures / "IMG_2.MOV").write_bytes(b"\0\0\0\x14ftypqt  ")
    assert [Path(line["path"]).name for line in iqsd.rescan()] == ["IMG_2.JPG"]
    assert [path.name for path in iqsd.pictures.glob("*.xmp")] == ["IMG_2.JPG.xmp"]


def test_the_daemon_treats_both_halves_as_one_photo_whenever_they_arrive(
    iqsd: Iqsd, daemon: subprocess.Popen[str]
) -> None:
    raw = write(iqsd.pictures / "IMG_1.DNG", RAW)
    wait_for(lambda: sidecar(raw).exists())
    jpeg = Path(shutil.copy(PHOTOS[0], iqsd.pictures / "IMG_1.JPG"))
    wait_for(lambda: sidecar(jpeg).exists())
    assert score(raw) == score(jpeg)
