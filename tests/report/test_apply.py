"""`iqsd apply`: what is refused, per photo or as a whole, and that the rest is written."""

from __future__ import annotations

import json
import os
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest

from iqsd.errors import ReportError
from iqsd.report import applying
from iqsd.report.rows import file_name
from iqsd.sidecars import read
from tests.commands.test_persons_values import PACKET
from tests.conftest import Iqsd, copy_photos, digest, sidecar


def entry(photo: Path, folder: Path, **more: Any) -> dict[str, Any]:
    """What the page saves when a person gives one star to a photo that nobody has rated."""
    status = photo.stat()
    return {
        "file": file_name(photo.relative_to(folder)),
        "photo": {"size": status.st_size, "mtime_ns": str(status.st_mtime_ns)},
        "stands": {"rating": None, "pick_label": None},
        "shown": {"rating": 3, "pick_label": "pending"},
        "decision": {"rating": 1},
        **more,
    }


def save(iqsd: Iqsd, changes: list[Any], **more: Any) -> Path:
    """Write a report.json."""
    file = iqsd.home / "report.json"
    document = {"iqsd_report": 1, "folder": file_name(iqsd.pictures), "made": "", "changes": changes, **more}
    file.write_text(json.dumps(document))
    return file


def test_what_is_written_is_reported_in_words(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    file = save(iqsd, [entry(photo, iqsd.pictures, decision={"rating": 5, "pick_label": "accepted"})])
    first, summary = iqsd.run("apply", file).stdout.splitlines()
    assert first == f"{photo}: rating 5, label accepted"
    assert summary == "1 written, 0 already there, 0 left alone"


def test_a_photo_that_has_changed_is_named_and_the_others_are_written(iqsd: Iqsd) -> None:
    first, changed, rated, gone, last = copy_photos(iqsd.pictures, 5)
    file = save(iqsd, [entry(photo, iqsd.pictures) for photo in (first, changed, rated, gone, last)])
    changed.write_bytes(changed.read_bytes() + b"\0")
    sidecar(rated).write_text(PACKET.format(values='xmp:Rating="4"'))
    gone.unlink()
    done = iqsd.run("apply", file, "--json")
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["status"] for line in lines] == ["written", "left alone", "left alone", "left alone", "written"]
    assert lines[0] == {"status": "written", "path": str(first), "rating": 1}
    assert "photo has changed" in lines[1]["error"]
    assert "it is 4 now" in lines[2]["error"]
    assert "No such file" in lines[3]["error"]
    assert "2 written, 0 already there, 3 left alone" in done.stderr
    assert "Traceback" not in done.stderr
    assert (read(first).rating, read(last).rating, read(rated).rating) == (1, 1, 4)
    assert not sidecar(changed).exists()


def test_a_sidecar_that_cannot_be_changed_is_named_and_the_others_are_written(iqsd: Iqsd) -> None:
    odd, last = copy_photos(iqsd.pictures, 2)
    in_cdata = "><xmp:Rating><![CDATA[3]]></xmp:Rating></rdf:Description>"
    sidecar(odd).write_text(PACKET.format(values="").replace("/>", in_cdata, 1))
    three = {"rating": 3, "pick_label": None}
    done = iqsd.run("apply", save(iqsd, [entry(odd, iqsd.pictures, stands=three), entry(last, iqsd.pictures)]))
    assert f"iqsd: {odd}: the XMP has Rating with a comment or CDATA" in done.stderr
    assert "1 written, 0 already there, 1 left alone" in done.stdout


def test_another_photo_in_its_place_is_left_alone_even_if_iqsd_has_written_into_it(iqsd: Iqsd) -> None:
    photo, other = copy_photos(iqsd.pictures, 2)
    iqsd.configure('[sidecars]\nwrite = "embedded"\n')
    of_the_first = entry(photo, iqsd.pictures)
    os.utime(other, ns=(1, int(of_the_first["photo"]["mtime_ns"]) + 1))
    other.replace(photo)
    (line,) = iqsd.rescan()
    file = save(iqsd, [{**of_the_first, "shown": {"rating": line["rating"], "pick_label": line["pick_label"]}}])
    done = iqsd.run("apply", file)
    assert (done.returncode, "photo has changed" in done.stderr) == (1, True)


WRONG: dict[str, dict[str, Any]] = {
    "out of the folder": {"file": "../elsewhere.jpg"},
    "out of the folder, spelled out": {"file": "%2e%2e/elsewhere.jpg"},
    "absolute": {"file": "/etc/photo.jpg"},
    "through a link": {"file": "link/elsewhere.jpg"},
    "no photo": {"file": "report.html"},
    "a NUL": {"file": "a%00.jpg"},
    "stars beyond five": {"decision": {"rating": 6}},
    "stars below none": {"decision": {"rating": -1}},
    "stars that are no number": {"decision": {"rating": "5"}},
    "stars that are true": {"decision": {"rating": True}},
    "no such label": {"decision": {"pick_label": "splendid"}},
    "no such field": {"decision": {"colour": 1}},
    "nothing": {"decision": {}},
    "no size": {"photo": {}},
    "a size in words": {"photo": {"size": "large", "mtime_ns": "1"}},
    "no idea of what stood there": {"stands": {}},
    "a list": {"stands": [1, 2]},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_one_entry_that_makes_no_sense_spoils_the_file(iqsd: Iqsd, wrong: dict[str, Any]) -> None:
    good, other = copy_photos(iqsd.pictures, 2)
    shutil.copy(good, iqsd.home / "elsewhere.jpg")
    (iqsd.pictures / "link").symlink_to(iqsd.home)
    right = entry(other, iqsd.pictures)
    assert len(applying.read(save(iqsd, [entry(good, iqsd.pictures), right]))) == 2
    with pytest.raises(ReportError, match="not a report"):
        applying.read(save(iqsd, [entry(good, iqsd.pictures), {**right, **wrong}]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"iqsd_report": 2}',
        "[" * 100_000,
        '{"iqsd_report": 1, "folder": "x", "changes": []}',
        '{"iqsd_report": 1, "folder": "/x", "changes": {"a": 1}}',
    ],
    ids=["empty", "cut off", "a list", "null", "an object", "newer", "deep", "a relative folder", "no list"],
)
def test_a_file_that_is_not_a_report_json_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "report.json"
    file.write_text(text)
    with pytest.raises(ReportError):
        applying.read(file)


def test_an_endless_file_is_too_large(iqsd: Iqsd) -> None:
    done = iqsd.run("apply", "/dev/zero", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (8 << 30,) * 2))
    assert (done.returncode, done.stderr) == (8, "iqsd: /dev/zero: is too large for a report.json\n")


def test_a_refused_file_is_one_line_and_writes_nothing(iqsd: Iqsd) -> None:
    (good,) = copy_photos(iqsd.pictures, 1)
    file = save(iqsd, [entry(good, iqsd.pictures), {"file": "../elsewhere.jpg"}])
    before = digest(iqsd.home)
    done = iqsd.run("apply", file)
    assert done.returncode == 8
    assert done.stderr.startswith(f"iqsd: {file}: ")
    assert len(done.stderr.splitlines()) == 1
    assert digest(iqsd.home) == before


def test_photos_whose_names_are_not_valid_text_are_found(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    odd = photo.rename(Path(os.fsdecode(os.fsencode(iqsd.pictures) + b"/\xe9%41\n.jpg")))
    file = save(iqsd, [entry(odd, iqsd.pictures)])
    done = iqsd.run("apply", file)
    assert done.returncode == 0, done.stderr
    assert (read(odd).rating, read(odd).rating_is_persons) == (1, True)


def test_what_a_person_took_away_stays_away(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    (line,) = iqsd.rescan()
    stands = {"rating": line["rating"], "pick_label": line["pick_label"]}
    decision = {"rating": 0, "pick_label": "none"}
    file = save(iqsd, [entry(photo, iqsd.pictures, stands=stands, shown=stands, decision=decision)])
    assert iqsd.run("apply", file).returncode == 0
    assert {line["status"] for line in iqsd.rescan()} == {"kept"}
    state = read(photo)
    assert (state.rating, state.pick_label, state.rating_is_persons) == (None, None, True)
