"""`iqsd explain`: why a photo got its verdict; nothing is written except a heat map that was asked for."""

import json
import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

from iqsd.bursts.membership import Kind, Membership
from iqsd.journal import Journal
from tests.conftest import PHOTOS, Iqsd, copy_photos, digest, sidecar
from tests.formats.making import dng, photograph, write
from tests.tiny_model import METADATA, write_model

COFFEE = next(photo for photo in PHOTOS if photo.stem == "coffee")
GARDEN = next(photo for photo in PHOTOS if photo.stem == "garden")
SCORE_LINE = {"path", "score", "aesthetic", "quality", "faults", "rating", "pick_label", "reasons", "model"}


def rated(iqsd: Iqsd) -> list[Path]:
    photos = copy_photos(iqsd.pictures)
    assert iqsd.run("rescan", iqsd.pictures).returncode == 0
    return photos


def test_a_photo_that_was_never_seen_is_judged_and_nothing_is_written(iqsd: Iqsd) -> None:
    before = digest(iqsd.home)
    done = iqsd.run("explain", COFFEE, PHOTOS[0], "--json")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert digest(iqsd.home) == before
    assert first["path"] == str(COFFEE)
    assert second["path"] == str(PHOTOS[0])
    assert first["figures_from"] == "photo"
    assert first["sidecar"]["exists"] is False
    assert first["folder"] is None


def test_the_object_holds_the_score_line_and_what_the_score_is_made_of(iqsd: Iqsd) -> None:
    line = json.loads(iqsd.run("explain", COFFEE, "--json").stdout)
    score = json.loads(iqsd.run("score", COFFEE, "--json").stdout)
    assert {key: line[key] for key in SCORE_LINE} == score
    assert len(line["distributions"]["quality"]) == 5
    assert len(line["distributions"]["aesthetic"]) == 10
    made_of = sum(part["points"] for part in line["parts"]["outputs"]) + line["parts"]["faults"]
    assert made_of == pytest.approx(line["score"], abs=0.5)


def test_what_the_journal_knows_is_shown_without_opening_the_photo(iqsd: Iqsd) -> None:
    photos = rated(iqsd)
    fresh = json.loads(iqsd.run("score", photos[0], "--json").stdout)
    status = photos[0].stat()
    photos[0].write_bytes(b"x" * status.st_size)  # no longer a photo, but that shows only when it is opened
    os.utime(photos[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    done = iqsd.run("explain", photos[0], "--json")
    line = json.loads(done.stdout)
    assert line["figures_from"] == "journal"
    assert {key: line[key] for key in SCORE_LINE} == fresh


def test_a_photo_that_replaced_another_of_its_size_and_date_is_explained_by_its_own_figures(iqsd: Iqsd) -> None:
    here, other = iqsd.pictures / "IMG_1.DNG", iqsd.home / "IMG_2.DNG"
    for number, photo in enumerate((here, other)):
        write(photo, dng(photograph(600, 400, number)))
        os.utime(photo, (1_700_000_000, 1_700_000_000))
    iqsd.rescan()
    own = json.loads(iqsd.run("score", other, "--json").stdout)
    other.rename(here)
    told = json.loads(iqsd.run("explain", here, "--json").stdout)
    assert (told["score"], told["figures_from"]) == (own["score"], "photo")


def test_it_says_the_same_by_another_path_to_the_photo_and_without_the_journal(iqsd: Iqsd) -> None:
    for number in range(3):  # alike, and at the same time
        copy_photos(iqsd.pictures, 1)[0].rename(iqsd.pictures / f"{number}.jpg")
        os.utime(iqsd.pictures / f"{number}.jpg", (1e9, 1e9 + number))
    iqsd.run("rescan", iqsd.pictures)
    photo = iqsd.pictures / "2.jpg"
    said = json.loads(iqsd.run("explain", photo, "--json").stdout)
    assert said["group"]["place"] == 3
    (iqsd.home / "elsewhere").mkdir()
    other_way = iqsd.home / "elsewhere" / ".." / iqsd.pictures.name / "2.jpg"
    assert json.loads(iqsd.run("explain", other_way, "--json").stdout)["figures_from"] == "journal"
    iqsd.lose_journal()
    anew = json.loads(iqsd.run("explain", photo, "--json").stdout)
    assert {key: anew[key] for key in ("pick_label", "rating", "group")} == {
        key: said[key] for key in ("pick_label", "rating", "group")
    }


def test_a_photo_that_changed_since_is_judged_anew(iqsd: Iqsd) -> None:
    photo, other, *_ = rated(iqsd)
    photo.write_bytes(other.read_bytes())
    line = json.loads(iqsd.run("explain", photo, "--json").stdout)
    assert line["figures_from"] == "photo"
    assert line["score"] == json.loads(iqsd.run("score", other, "--json").stdout)["score"]


def test_it_says_where_the_photo_stands_among_ten_or_more_of_its_folder(iqsd: Iqsd) -> None:
    photos = rated(iqsd)
    lines = [json.loads(line) for line in iqsd.run("explain", *photos, "--json").stdout.splitlines()]
    best_first = sorted(lines, key=lambda line: -line["score"])
    assert [line["folder"]["place"] for line in best_first] == list(range(1, 11))
    assert [line["folder"]["upper_percent"] for line in best_first] == list(range(10, 101, 10))
    said = [iqsd.run("explain", line["path"]).stdout for line in (best_first[4], best_first[5])]
    assert "place 5 of 10: in the top 50 % of this folder" in said[0]
    assert "place 6 of 10\n" in said[1]


def test_the_halves_of_a_pair_stand_in_their_folder_as_one_photo(iqsd: Iqsd) -> None:
    photos = copy_photos(iqsd.pictures, 10)
    raw = write(photos[0].with_suffix(".dng"), dng(photograph(600, 400)))
    assert {line["status"] for line in iqsd.rescan()} == {"rated"}
    lines = [json.loads(line) for line in iqsd.run("explain", *photos, raw, "--json").stdout.splitlines()]
    places = {line["path"]: (line["folder"]["place"], line["folder"]["of"]) for line in lines}
    assert sorted(places[str(photo)] for photo in photos) == [(place, 10) for place in range(1, 11)]
    assert places[str(raw)] == places[str(photos[0])]


def test_it_distinguishes_what_iqsd_wrote_from_what_a_person_set(iqsd: Iqsd) -> None:
    photo, *_ = rated(iqsd)
    assert "iqsd wrote ★★★★★, accepted on " in iqsd.run("explain", photo).stdout
    written = sidecar(photo).read_text("utf-8")
    sidecar(photo).write_text(written.replace('xmp:Rating="5"', 'xmp:Rating="2"'), "utf-8")
    assert sidecar(photo).read_text("utf-8") != written
    done = iqsd.run("explain", photo)
    assert "the rating is a person's (★★): left as it is" in done.stdout
    assert "pick label is a person's" not in done.stdout


def test_it_says_that_a_frame_stepped_down_in_its_burst(iqsd: Iqsd) -> None:
    photo, best, *_ = rated(iqsd)
    with Journal(iqsd.journal) as journal:
        journal.groups.put(photo, Membership(Kind.BURST, best.name, 3, 2, best.name))
    line = json.loads(iqsd.run("explain", photo, "--json").stdout)
    assert line["pick_label"] == "pending"
    assert line["margins"][0] == "on its own it would be accepted"
    assert (line["group"]["place"], line["group"]["size"]) == (2, 3)
    assert f"place 2 of 3 frames; the best is {best.name}" in iqsd.run("explain", photo).stdout


def test_a_damaged_journal_is_named_and_the_photo_judged(iqsd: Iqsd) -> None:
    iqsd.journal.parent.mkdir(parents=True)
    iqsd.journal.write_bytes(b"no database" * 100)
    done = iqsd.run("explain", COFFEE, "--json")
    assert done.returncode == 0
    assert "journal.db: cannot be used" in done.stderr
    assert json.loads(done.stdout)["figures_from"] == "photo"


def test_a_file_that_is_not_a_photo_is_one_line_and_the_others_are_explained(iqsd: Iqsd) -> None:
    text = iqsd.home / "text.jpg"
    text.write_text("this is no photo")
    done = iqsd.run("explain", text, COFFEE, "--json")
    assert done.returncode == 1
    assert [set(json.loads(line)) & {"error", "score"} for line in done.stdout.splitlines()] == [{"error"}, {"score"}]
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_it_fits_the_terminal_and_a_pipe_gets_no_colours(iqsd: Iqsd, columns: int) -> None:
    iqsd.environment["COLUMNS"] = str(columns)
    out = iqsd.run("explain", GARDEN.relative_to(Path.cwd())).stdout
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= columns
    above = [
        line.strip() for line, below in pairwise(out.splitlines()) if re.match(r"  (quality|aesthetic|faults) ", below)
    ]
    assert columns > 72 or above == ["", "", ""]
    for word in ("quality", "aesthetic", "faults", "excellent", "compression", "why", "short of 5 stars"):
        assert word in " ".join(out.split())


def test_shares_have_the_names_and_values_given_in_the_metadata(iqsd: Iqsd) -> None:
    classes = {"name": "class", "kind": "classes", "labels": ["accepted", "pending", "rejected"], "activation": "none"}
    bins = {"name": "aesthetic", "kind": "distribution", "scale": [1, 4.5, 10], "activation": "none"}
    metadata = METADATA | {"outputs": [{"tensor": 0, **classes}, {"tensor": 0, **bins}]}
    model = write_model(iqsd.home / "m.tflite", [[0, 0, 0]] * 3, [0.25, 0.5, 0.25], metadata)
    iqsd.configure(f'[model]\nfile = "{model}"\n')
    said = " ".join(iqsd.run("explain", COFFEE).stdout.split())
    for words in ("accepted 25%", "pending 50%", "rejected 25%", "1 25%", "4.5 50%", "10 25%"):
        assert words in said


def test_an_encoding_without_bars_and_stars_gets_plain_ones(iqsd: Iqsd) -> None:
    iqsd.environment["PYTHONIOENCODING"] = "ascii"
    done = iqsd.run("explain", COFFEE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "****" in done.stdout
    assert "####" in done.stdout


@pytest.mark.parametrize("colours", [True, False])
def test_there_are_colours_on_a_terminal_unless_no_color_is_set(iqsd: Iqsd, colours: bool) -> None:
    iqsd.environment["FORCE_COLOR"] = "1"  # makes rich assume a terminal
    iqsd.environment["TERM"] = "xterm-256color"
    if not colours:
        iqsd.environment["NO_COLOR"] = "1"
    assert ("\x1b[36m" in iqsd.run("explain", COFFEE).stdout) is colours
