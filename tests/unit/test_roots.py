"""Which of the watched folders a file belongs to."""

import contextlib
from pathlib import Path

import pytest

from iqsd.watching import mounts
from iqsd.watching.roots import Roots

ROOTS = Roots([Path("/p"), Path("/p/nas"), Path("/p/.hidden")])


@pytest.mark.parametrize(
    ("file", "root"),
    [
        ("/p/a.jpg", "/p"),
        ("/p/nas/a.jpg", "/p/nas"),
        ("/p/nas/below/a.jpg", "/p/nas"),
        ("/p/.hidden/a.jpg", "/p/.hidden"),
        ("/p/.other/a.jpg", None),
        ("/p/nas/.other/a.jpg", None),
        ("/q/a.jpg", None),
    ],
)
def test_a_file_belongs_to_the_nearest_root_unless_it_is_where_iqsd_never_looks(file: str, root: str | None) -> None:
    found = ROOTS.of(Path(file))
    assert (found and str(found.path)) == root


@pytest.mark.parametrize(
    ("below", "is_polled"), [("nas", True), ("of my own/nas", False), (".hidden/nas", False), ("../elsewhere", False)]
)
def test_a_folder_is_swept_often_if_a_network_mount_below_it_belongs_to_no_other_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, is_polled: bool
) -> None:
    folder, own = tmp_path / "p", tmp_path / "p" / "of my own"
    own.mkdir(parents=True)
    (tmp_path / "link").symlink_to(folder)
    table = tmp_path / "mountinfo"
    point = str((folder / below).resolve()).replace(" ", "\\040")
    table.write_text(f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:5 / {point} rw - nfs4 nas:/photos rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", table)
    for at in (folder, tmp_path / "link"):
        with contextlib.closing(Roots([at, at / "of my own"])) as roots:
            roots.watch_anew()
            assert bool(next(iter(roots)).polled) is is_polled
