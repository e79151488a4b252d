"""Which files are photos, and how a walk treats the rest."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from iqsd.errors import FolderError, UnreadablePhotoError
from iqsd.paths import is_gone
from iqsd.photos import finding
from iqsd.photos.finding import Signature, is_photo_folder, is_photo_name, look_at, outermost, sidecar_signature, walk


@pytest.mark.parametrize("name", ["a.jpg", "A.JPG", "b.jpeg", "c.png", "d.tif", "e.TIFF", "f.webp", "Ünï code.jpg"])
def test_names_of_photos(name: str) -> None:
    assert is_photo_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "a.jpg.xmp",
        "a.txt",
        "jpg",
        ".a.jpg",
        "._a.jpg",
        ".a.jpg.Xy12Zw",
        ".syncthing.a.jpg.tmp",
        "~syncthing~a.jpg",
        "a.jpg.part",
        "a.jpg.crdownload",
        "a.tmp",
    ],
)
def test_names_that_are_never_photos(name: str) -> None:
    assert not is_photo_name(name)


@pytest.mark.parametrize(
    "name", ["@eaDir", ".stfolder", ".dtrash", ".Trash-1000", "lost+found", ".thumbnails", "#recycle"]
)
def test_folders_that_are_never_looked_into(name: str) -> None:
    assert not is_photo_folder(name)


def test_a_walk_lists_photos_folder_by_folder_in_order(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/1.jpg", "a/x.png", "c.webp", "a/x.png.xmp", ".hidden/no.jpg", "@eaDir/no.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    listings = list(walk(tmp_path))
    assert [p.path.relative_to(tmp_path).as_posix() for li in listings for p in li.photos] == [
        "c.webp",
        "a/x.png",
        "b/1.jpg",
        "b/2.jpg",
    ]
    assert list(listings[1].others) == ["x.png.xmp"]


def test_a_folder_that_disappears_while_it_is_looked_at_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PART", 1)
    for name in ("a/1.jpg", "a/2.jpg", "b/3.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    parts = walk(tmp_path)
    found = [next(parts), next(parts)]
    shutil.rmtree(tmp_path / "a")
    found += parts
    assert [p.path.name for part in found for p in part.photos] == ["1.jpg", "3.jpg"]
    assert [problem.path for part in found for problem in part.problems] == [tmp_path / "a" / "2.jpg"]


def test_links_to_files_are_followed_and_links_to_folders_are_not(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (outside / "a.jpg").write_bytes(b"x")
    (root / "link.jpg").symlink_to(outside / "a.jpg")
    (root / "folder").symlink_to(outside)
    (root / "circle").symlink_to(root)
    listings = list(walk(root))
    assert [p.path.name for li in listings for p in li.photos] == ["link.jpg"]


def test_broken_and_circular_links_fifos_and_the_like_are_problems_and_cost_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "good.jpg").write_bytes(b"x")
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.jpg").symlink_to(tmp_path / "circle.jpg")
    os.mkfifo(tmp_path / "fifo.jpg")
    (listing,) = walk(tmp_path)
    assert [p.path.name for p in listing.photos] == ["good.jpg"]
    assert sorted(p.path.name for p in listing.problems if p.path) == ["broken.jpg", "circle.jpg", "fifo.jpg"]


def test_a_link_to_nothing_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UnreadablePhotoError, match="a link to a file that does not exist"):
        look_at(tmp_path / "broken.jpg")
    with pytest.raises(UnreadablePhotoError, match="No such file"):
        look_at(tmp_path / "nowhere.jpg")
    (tmp_path / "circle.jpg").symlink_to(tmp_path / "circle.jpg")
    with pytest.raises(UnreadablePhotoError, match="Too many levels of symbolic links"):
        look_at(tmp_path / "circle.jpg")


def test_a_file_that_cannot_be_looked_at_is_not_gone(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert not is_gone(tmp_path / "circle")
    assert not is_gone(tmp_path / "circle" / "a.jpg")
    assert is_gone(tmp_path / "a.jpg")
    assert is_gone(tmp_path / "folder" / "a.jpg")


@pytest.mark.parametrize(
    ("beside", "signature"),
    [
        ({}, None),
        ({"a.jpg.xmp": Signature(3, 7)}, Signature(3, 7)),
        ({"a.xmp": Signature(4, 5)}, Signature(4, 5)),
        ({"a.jpg.xmp": Signature(3, 7), "a.xmp": Signature(4, 5)}, Signature(7, 7)),
    ],
)
def test_a_change_of_either_sidecar_is_seen(beside: dict[str, Signature], signature: Signature | None) -> None:
    assert sidecar_signature(Path("/a.jpg"), beside.get) == signature


def test_a_name_that_is_not_utf8_is_a_photo_like_any_other(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    (tmp_path / name).write_bytes(b"x")
    (listing,) = walk(tmp_path)
    assert [p.path.name for p in listing.photos] == [name]


def test_a_missing_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no such folder"):
        list(walk(tmp_path / "nowhere"))


def test_a_folder_that_cannot_be_looked_at_is_an_error_of_that_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hanging(self: Path, **_: object) -> os.stat_result:
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN), str(self))

    monkeypatch.setattr(Path, "stat", hanging)  # as on a network mount whose server is gone
    with pytest.raises(FolderError, match="cannot be accessed: Transport endpoint"):
        list(walk(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become somebody who may not look")
def test_photos_in_a_folder_that_may_be_listed_but_not_entered_are_named() -> None:
    program = (
        "import os, sys; from pathlib import Path; from iqsd.photos.finding import walk\n"
        "os.seteuid(65534)\n"
        "print(*(problem for part in walk(Path(sys.argv[1])) for problem in part.problems))"
    )
    with tempfile.TemporaryDirectory() as folder:
        closed = Path(folder) / "closed"
        closed.mkdir()
        (closed / "a.jpg").touch()
        closed.chmod(0o444)
        closed.parent.chmod(0o755)
        done = subprocess.run([sys.executable, "-c", program, folder], check=True, capture_output=True, text=True)
    assert "closed/a.jpg: cannot be accessed: Permission denied" in done.stdout


def test_folders_below_others_are_left_out_unless_a_walk_would_not_reach_them(tmp_path: Path) -> None:
    above, below, hidden = tmp_path / "a", tmp_path / "a" / "b" / "c", tmp_path / "a" / ".hidden" / "d"
    for folder in (below, hidden, tmp_path / "ab"):
        folder.mkdir(parents=True)
    link = above / "link"
    link.symlink_to(tmp_path / "ab")
    assert outermost([below, above, above, tmp_path / "ab"]) == [above, tmp_path / "ab"]
    assert outermost([above, hidden, link]) == [above, hidden, link]


def test_a_disk_mounted_below_a_folder_is_a_folder_of_its_own() -> None:
    assert outermost([Path("/"), Path("/proc")]) == [Path("/"), Path("/proc")]
