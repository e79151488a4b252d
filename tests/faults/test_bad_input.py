"""Bad input: one clear line with the file and the reason, and nothing else is affected."""

import json
import os
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from iqsd.errors import ExitCode
from tests.conftest import PHOTOS, Iqsd, copy_photos, digest, sidecar
from tests.sidecars.sidecar_making import png_chunk, xmp

as_a_user = pytest.mark.skipif(os.geteuid() == 0 and not Path("/usr/bin/setpriv").exists(), reason="needs setpriv")


def expect_one_line(iqsd: Iqsd, *words: str) -> None:
    """A good photo beside the bad file is rated; the bad file has one line with these words."""
    (good,) = copy_photos(iqsd.pictures, 1)
    done = iqsd.run("rescan", iqsd.pictures)
    assert done.returncode == 1
    assert sidecar(good).exists()
    assert "1 rated" in done.stdout
    (line,) = done.stderr.splitlines()
    for word in words:
        assert word in line


def png_of_zeros(width: int, height: int) -> bytes:
    """A valid, tiny PNG that decompresses to 3 * width * height bytes."""
    squeezer = zlib.compressobj(9)
    rows = b"".join(squeezer.compress(bytes(3 * width + 1)) for _ in range(height)) + squeezer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def test_an_empty_file(iqsd: Iqsd) -> None:
    (iqsd.pictures / "empty.jpg").touch()
    expect_one_line(iqsd, "empty.jpg", "the file is empty")


def test_a_text_file_called_jpg(iqsd: Iqsd) -> None:
    (iqsd.pictures / "text.jpg").write_text("Dear diary")
    expect_one_line(iqsd, "text.jpg", "contains no JPEG picture")


@pytest.mark.parametrize("fraction", [0.01, 0.3, 0.9])
def test_a_truncated_jpeg(iqsd: Iqsd, fraction: float) -> None:
    data = PHOTOS[2].read_bytes()
    (iqsd.pictures / "cut.jpg").write_bytes(data[: int(len(data) * fraction)])
    expect_one_line(iqsd, "cut.jpg", "damaged")


def test_a_jpeg_with_a_hole_in_the_middle(iqsd: Iqsd) -> None:
    data = bytearray(PHOTOS[2].read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    (iqsd.pictures / "hole.jpg").write_bytes(data)
    expect_one_line(iqsd, "hole.jpg", "damaged")


def test_a_small_png_that_would_unfold_to_gigabytes(iqsd: Iqsd) -> None:
    (iqsd.pictures / "bomb.png").write_bytes(png_of_zeros(20_000, 20_000))
    expect_one_line(iqsd, "bomb.png", "120 megapixels")


def test_a_broken_link(iqsd: Iqsd) -> None:
    (iqsd.pictures / "link.jpg").symlink_to("nowhere.jpg")
    expect_one_line(iqsd, "link.jpg", "a link to a file that does not exist")


def test_a_fifo(iqsd: Iqsd) -> None:
    os.mkfifo(iqsd.pictures / "fifo.jpg")
    expect_one_line(iqsd, "fifo.jpg", "is not a regular file")


def test_a_malformed_sidecar_is_left_byte_for_byte(iqsd: Iqsd) -> None:
    bad = iqsd.pictures / "bad.jpg"
    bad.write_bytes(PHOTOS[1].read_bytes())
    sidecar(bad).write_text('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF')
    before = sidecar(bad).read_bytes()
    expect_one_line(iqsd, "bad.jpg.xmp")
    assert sidecar(bad).read_bytes() == before


def test_a_sidecar_whose_rating_cannot_be_replaced_is_named(iqsd: Iqsd) -> None:
    photo = iqsd.pictures / "noted.jpg"
    photo.write_bytes(PHOTOS[0].read_bytes())
    sidecar(photo).write_bytes(xmp("<xmp:Rating>0<!-- not yet --></xmp:Rating>"))
    expect_one_line(iqsd, "noted.jpg: ", "Rating with a comment")


def test_a_name_that_is_not_utf8_is_rated_like_any_other(iqsd: Iqsd) -> None:
    photo = iqsd.pictures / os.fsdecode(b"caf\xe9.jpg")
    photo.write_bytes(PHOTOS[0].read_bytes())
    (line,) = iqsd.rescan()
    assert line["status"] == "rated"
    assert line["path"].endswith("caf\\xe9.jpg")
    assert sidecar(photo).exists()


@pytest.mark.parametrize(
    "name",
    [
        "new\nline.jpg",
        "x" * 240 + ".jpg",
        "a\u0301e.jpg",
        "-rf.jpg",
        "quote'\".jpg",
        "Screenshot at 3.00\u202fPM.jpg",  # as a Mac names them
        "\u3000\x9b\x1b\U000e0041.jpg",
    ],
)
def test_other_odd_names_are_rated_and_shown_unchanged(iqsd: Iqsd, name: str) -> None:
    photo = iqsd.pictures / name
    photo.write_bytes(PHOTOS[0].read_bytes())
    said = iqsd.run("rescan", iqsd.pictures, "--json").stdout.removesuffix("\n")
    assert said.isprintable()
    line = json.loads(said)
    assert (line["status"], line["path"]) == ("rated", str(photo))
    assert sidecar(photo).exists()


def test_a_name_too_long_for_a_sidecar(iqsd: Iqsd) -> None:
    (iqsd.pictures / ("x" * 251 + ".jpg")).write_bytes(PHOTOS[0].read_bytes())
    expect_one_line(iqsd, "x" * 100, "name")


def bound_by_permissions() -> list[str]:
    """What runs a command as a user bound by permissions: root drops its power to bypass them."""
    drop = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}"] if os.geteuid() == 0 else []


def run_bound_by_permissions(iqsd: Iqsd, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run as a user bound by permissions. Without arguments: a rescan."""
    command = [*bound_by_permissions(), *iqsd.command(*(arguments or ("rescan", iqsd.pictures)))]
    return subprocess.run(command, env=iqsd.environment, capture_output=True, text=True, timeout=100)


@as_a_user
def test_a_folder_without_permission(iqsd: Iqsd) -> None:
    (good,) = copy_photos(iqsd.pictures, 1)
    copy_photos(iqsd.pictures / "locked", 1)
    (iqsd.pictures / "locked").chmod(0)
    done = run_bound_by_permissions(iqsd)
    (iqsd.pictures / "locked").chmod(0o755)
    assert done.returncode == 1
    assert sidecar(good).exists()
    (line,) = done.stderr.splitlines()
    assert "locked: cannot be listed: Permission denied" in line


@as_a_user
def test_a_photo_without_permission(iqsd: Iqsd) -> None:
    good, bad = copy_photos(iqsd.pictures, 2)
    bad.chmod(0)
    done = run_bound_by_permissions(iqsd)
    assert done.returncode == 1
    assert sidecar(good).exists()
    (line,) = done.stderr.splitlines()
    assert bad.name in line
    assert "Permission denied" in line


@as_a_user
@pytest.mark.parametrize("command", ["score", "explain"])
def test_a_photo_without_permission_does_not_affect_others_named_with_it(iqsd: Iqsd, command: str) -> None:
    bad, good = copy_photos(iqsd.pictures, 2)
    bad.chmod(0)
    done = run_bound_by_permissions(iqsd, command, "--json", bad, good)
    assert done.returncode == 1
    assert [json.loads(line).get("error") for line in done.stdout.splitlines()] == [
        "cannot be read: Permission denied",
        None,
    ]


@as_a_user
@pytest.mark.parametrize("command", ["rescan", "report", "calibrate", "undo"])
def test_naming_a_folder_without_permission_is_not_a_usage_error(iqsd: Iqsd, command: str) -> None:
    iqsd.pictures.chmod(0)
    done = run_bound_by_permissions(iqsd, command, iqsd.pictures)
    iqsd.pictures.chmod(0o755)
    assert done.returncode == ExitCode.FOLDER
    assert done.stderr == f"iqsd: {iqsd.pictures}: cannot be listed: Permission denied\n"


@as_a_user
def test_settings_without_permission(iqsd: Iqsd) -> None:
    iqsd.config.chmod(0)
    for command in (["show"], ["show", f"--config={iqsd.config}"]):
        done = run_bound_by_permissions(iqsd, "config", *command)
        assert done.returncode == ExitCode.CONFIG
        assert done.stderr == f"iqsd: {iqsd.config}: cannot be read: Permission denied\n"


@as_a_user
def test_the_doctor_goes_on_after_a_folder_it_may_not_enter(iqsd: Iqsd) -> None:
    closed = [iqsd.journal.parents[1], iqsd.config.parents[1]]
    for folder in closed:
        folder.mkdir(exist_ok=True)
        folder.chmod(0)
    done = run_bound_by_permissions(iqsd, "doctor", "--json")
    for folder in closed:
        folder.chmod(0o755)
    found = {finding["topic"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert {"settings", "journal"} <= {topic for topic, finding in found.items() if finding["level"] == "problem"}
    assert {"daemon", "digikam"} <= found.keys()
    assert "Permission denied" in found["journal"]["found"]


@as_a_user
def test_a_read_only_folder(iqsd: Iqsd) -> None:
    (good,) = copy_photos(iqsd.pictures, 1)
    copy_photos(iqsd.pictures / "archive", 1)
    before = digest(iqsd.pictures / "archive")
    (iqsd.pictures / "archive").chmod(0o555)
    done = run_bound_by_permissions(iqsd)
    assert done.returncode == 1
    assert sidecar(good).exists()
    assert digest(iqsd.pictures / "archive") == before
    (line,) = done.stderr.splitlines()
    assert "archive" in line
    assert "read-only" in line


def test_a_date_beyond_what_the_journal_can_hold_is_a_date_like_any_other(iqsd: Iqsd) -> None:
    year_2300_ns = 10_413_792_000_000_000_000
    first, second = copy_photos(iqsd.pictures, 2)
    os.utime(first, ns=(year_2300_ns, year_2300_ns))
    assert {photo["status"] for photo in iqsd.rescan()} == {"rated"}
    os.utime(sidecar(second), ns=(year_2300_ns, year_2300_ns))
    assert {photo["status"] for photo in iqsd.rescan()} == {"unchanged"}
    assert {photo["status"] for photo in iqsd.rescan()} == {"unchanged"}
    assert iqsd.run("report", iqsd.pictures, "-o", iqsd.home / "report.html").returncode == 0


def test_a_disk_whose_file_numbers_and_dates_exceed_that_does_not_end_the_run(iqsd: Iqsd) -> None:
    iqsd.inject_faults()
    iqsd.environment["IQSD_FAULT_DISK"] = "high"
    first, _ = copy_photos(iqsd.pictures, 2)
    assert {photo["status"] for photo in iqsd.rescan()} == {"rated"}
    assert {photo["status"] for photo in iqsd.rescan()} == {"unchanged"}
    renamed = first.rename(first.with_name("renamed.jpg"))
    assert {photo["status"] for photo in iqsd.rescan()} == {"unchanged"}
    assert sidecar(renamed).exists()
