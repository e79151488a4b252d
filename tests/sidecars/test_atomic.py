"""At every instant a file is the whole old one or the whole new one, and a failure leaves nothing behind."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iqsd.errors import SidecarError
from iqsd.sidecars import Decision, Field, Options, WriteTo, atomic, decide, read, undo
from iqsd.sidecars.parser import parse
from iqsd.sidecars.places import Place

from .sidecar_making import TITLE, jpeg, photo_in, rate, sidecar_of, xmp

not_as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
EVERYTHING = Options(colour_label=True, keyword=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_mode_and_attributes_of_the_old_file_stay(tmp_path: Path, mode: int) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE))
    sidecar.chmod(mode)
    supported = True
    try:
        os.setxattr(sidecar, "user.note", b"mine")
    except OSError:
        supported = False
    rate(photo)
    assert stat.S_IMODE(sidecar.stat().st_mode) == mode
    if supported:
        assert os.getxattr(sidecar, "user.note") == b"mine"


def test_a_file_without_an_access_list_gets_none_from_its_folder(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE))
    whom = ((1, 7, -1), (2, 7, 1234), (4, 5, -1), (16, 7, -1), (32, 0, -1))  # user 1234, beside owner, group and others
    everyone = b"".join(struct.pack("<HHi", *each) for each in whom)
    try:
        os.setxattr(tmp_path, "system.posix_acl_default", struct.pack("<I", 2) + everyone)
    except OSError:
        pytest.skip("the file system knows no access lists")
    rate(photo)
    assert "system.posix_acl_access" not in os.listxattr(sidecar)


@pytest.mark.parametrize(("photo_mode", "expected"), [(0o644, 0o644), (0o600, 0o600), (0o440, 0o640), (0o666, 0o644)])
def test_a_new_sidecar_is_no_more_open_than_its_photo_and_the_owner_may_write(
    tmp_path: Path, photo_mode: int, expected: int
) -> None:
    photo = photo_in(tmp_path)
    photo.chmod(photo_mode)
    before = os.umask(0o022)
    try:
        assert stat.S_IMODE(rate(photo).path.stat().st_mode) == expected
    finally:
        os.umask(before)


def in_a_user_namespace(*command: str) -> list[str]:
    return ["unshare", "--user", "--map-root-user", *command]


@pytest.mark.skipif(
    os.geteuid() != 0 or subprocess.run(in_a_user_namespace("true"), capture_output=True, check=False).returncode != 0,
    reason="needs root and user namespaces",
)
def test_a_sidecar_of_a_group_unknown_in_a_sandbox_is_still_updated(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE))
    os.chown(sidecar, -1, 5000)
    sidecar.chmod(0o664)
    code = f"from tests.sidecars.sidecar_making import rate; from pathlib import Path; rate(Path({str(photo)!r}))"
    done = subprocess.run(in_a_user_namespace(sys.executable, "-c", code), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read(photo).record is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    os.chown(photo, 1234, 2345)
    sidecar = rate(photo).path
    assert (sidecar.stat().st_uid, sidecar.stat().st_gid) == (1234, 2345)
    os.chown(sidecar, 3456, 4567)
    rate(photo, 5)
    assert (sidecar.stat().st_uid, sidecar.stat().st_gid) == (3456, 4567)


FAILING: dict[str, tuple[str, OSError, str]] = {
    "disk full": ("fsync", OSError(errno.ENOSPC, "No space left"), "disk is full"),
    "quota": ("fsync", OSError(errno.EDQUOT, "Quota"), "quota"),
    "broken disk": ("fsync", OSError(errno.EIO, "I/O"), "disk reports an error"),
    "read-only": ("open", OSError(errno.EROFS, "Read-only"), "mounted read-only"),
    "no permission": ("open", OSError(errno.EACCES, "Permission denied"), "check the permissions"),
}


@pytest.mark.parametrize("fault", FAILING)
@pytest.mark.parametrize("existing", [None, xmp(TITLE)])
def test_whatever_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, existing: bytes | None
) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, existing)
    before = names(tmp_path)
    call, error, advice = FAILING[fault]

    def fail(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(SidecarError, match=advice) as raised:
            rate(photo)
    assert raised.value.path == sidecar
    assert names(tmp_path) == before
    if existing:
        assert sidecar.read_bytes() == existing
    assert rate(photo).rating == 3


def test_a_full_disk_halfway_through_the_write(tmp_path: Path) -> None:
    """A real limit of the system, not a simulated one: no file may grow above 300 bytes."""
    photo = photo_in(tmp_path)
    program = (
        "import resource, signal, sys; from pathlib import Path; from tests.sidecars.sidecar_making import rate\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        "rate(Path(sys.argv[1]))"
    )
    done = run(program, photo)
    assert "SidecarError" in done.stderr
    assert "cannot be written" in done.stderr
    assert names(tmp_path) == [photo.name]


@not_as_root
def test_a_folder_without_write_permission(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(SidecarError, match="check the permissions"):
            rate(photo)
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.parametrize("options", [Options(), Options(write=WriteTo.EMBEDDED)])
def test_write_protection_is_respected_even_as_root(tmp_path: Path, options: Options) -> None:
    photo = photo_in(tmp_path)
    protected = photo if options.write is WriteTo.EMBEDDED else sidecar_of(photo, xmp(TITLE))
    protected.chmod(0o444)
    with pytest.raises(SidecarError, match="write-protected"):
        rate(photo, options=options)


def test_a_write_protected_sidecar_is_not_removed_either(tmp_path: Path) -> None:
    sidecar = rate(photo := photo_in(tmp_path)).path
    sidecar.chmod(0o444)
    with pytest.raises(SidecarError, match="write-protected"):
        undo(photo)
    assert sidecar.exists()


def test_a_folder_that_only_takes_new_files_takes_none_that_would_stay(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    if shutil.which("chattr") is None or subprocess.run(["chattr", "+a", tmp_path], capture_output=True).returncode:
        pytest.skip("this file system, or this user, has no such folders")
    try:
        with pytest.raises(SidecarError, match="only accepts new files"):
            rate(photo)
        assert names(tmp_path) == [photo.name]
    finally:
        subprocess.run(["chattr", "-a", tmp_path], check=True)


def test_a_name_too_long_for_a_sidecar(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, "x" * 250 + ".jpg")
    with pytest.raises(SidecarError, match="too long"):
        rate(photo)
    assert names(tmp_path) == [photo.name]


def interfering(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object], times: int) -> None:
    """Have another program act just before iqsd puts its file in place."""
    original, left = os.fsync, [times]

    def fsync(handle: int) -> None:
        original(handle)
        if left[0] and stat.S_ISREG(os.fstat(handle).st_mode):
            left[0] -= 1
            action()

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("existing", [None, xmp(TITLE)])
def test_a_change_by_another_program_in_between_is_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bytes | None
) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, existing)
    theirs = xmp("<my:note>theirs</my:note>", xmp_Rating=5)
    interfering(monkeypatch, lambda: sidecar.write_bytes(theirs), times=1)
    written = rate(photo, 1, 1)
    assert (written.rating, written.pick_label) == (None, 1)
    assert read(photo).rating == 5
    assert b"theirs" in sidecar.read_bytes()
    assert names(tmp_path) == [photo.name, sidecar.name]


@pytest.mark.parametrize("existing", [None, xmp(TITLE)])
def test_what_a_person_says_during_an_undo_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bytes | None
) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, existing)
    rate(photo, 1, 1)
    theirs = sidecar.read_bytes().replace(b'xmp:Rating="1"', b'xmp:Rating="5"')
    if existing:
        interfering(monkeypatch, lambda: sidecar.write_bytes(theirs), times=1)
    else:  # it would be removed, with nothing written before that
        real, left = Place.remove, [1]

        def remove(self: Place) -> None:
            if left[0]:
                left[0] -= 1
                sidecar.write_bytes(theirs)
            real(self)

        monkeypatch.setattr(Place, "remove", remove)
    assert undo(photo).left_to_person == {"rating"}
    assert (read(photo).rating, read(photo).rating_is_persons, read(photo).record) == (5, True, None)


def test_a_sidecar_that_never_stops_changing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp())
    interfering(monkeypatch, lambda: sidecar.write_bytes(sidecar.read_bytes() + b"\n"), times=1000)
    with pytest.raises(SidecarError, match="keep changing"):
        rate(photo)
    with pytest.raises(SidecarError, match="keep changing"):
        decide(photo, {Field.RATING: Decision(5, None, None)})
    assert names(tmp_path) == [photo.name, sidecar.name]
    monkeypatch.undo()
    rate(photo)
    interfering(monkeypatch, lambda: sidecar.write_bytes(sidecar.read_bytes() + b"\n"), times=1000)
    with pytest.raises(SidecarError, match="keep changing"):
        undo(photo)
    assert read(photo).record is not None


@pytest.mark.parametrize("becomes", ["deleted", "renamed"])
def test_a_photo_that_disappears_while_its_sidecar_is_written_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, becomes: str
) -> None:
    photo = photo_in(tmp_path)
    renamed = tmp_path / "other.jpg"
    interfering(monkeypatch, photo.unlink if becomes == "deleted" else lambda: photo.rename(renamed), times=1)
    with pytest.raises(SidecarError, match="its photo is gone"):
        rate(photo)
    assert names(tmp_path) == ([] if becomes == "deleted" else [renamed.name])


def test_a_sidecar_that_was_there_before_iqsd_outlives_its_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE, xmp_Rating=5))
    interfering(monkeypatch, photo.unlink, times=1)
    rate(photo)
    assert names(tmp_path) == [sidecar.name]
    assert b'xmp:Rating="5"' in sidecar.read_bytes()


def test_a_photo_that_cannot_be_looked_at_for_a_moment_keeps_its_sidecar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_in(tmp_path)
    real = os.lstat

    def lstat(path: Any, **how: Any) -> os.stat_result:
        if os.fspath(path) == os.fspath(photo):
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(path, **how)

    interfering(monkeypatch, lambda: monkeypatch.setattr(os, "lstat", lstat), times=1)
    rate(photo)
    assert names(tmp_path) == [photo.name, f"{photo.name}.xmp"]


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    photo = photo_in(tmp_path)
    assert rate(photo).changed
    assert names(tmp_path) == [photo.name, photo.name + ".xmp"]


def test_a_folder_that_is_renamed_while_a_sidecar_is_written_keeps_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "card").mkdir()
    photo = photo_in(tmp_path / "card")
    interfering(monkeypatch, lambda: (tmp_path / "card").rename(tmp_path / "holiday"), times=1)
    with pytest.raises(SidecarError, match="its photo is gone"):
        rate(photo)
    assert names(tmp_path / "holiday") == [photo.name, photo.name + ".xmp"]
    assert read(tmp_path / "holiday" / photo.name).rating == 3


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_system_without_modes_and_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    photo = photo_in(tmp_path)
    photo.chmod(0o600)
    os.chown(photo, 64000, 64000)
    monkeypatch.setattr(os, "fchmod", refuse)
    monkeypatch.setattr(os, "fchown", refuse)
    sidecar = rate(photo).path
    sidecar.chmod(0o600)
    os.chown(sidecar, 64000, 64000)
    assert rate(photo, rating=1).changed
    assert names(tmp_path) == [photo.name, photo.name + ".xmp"]


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead = f".iqsd-{atomic._HOST}-{process.pid}-0123abcd.tmp"
    living = f".iqsd-{atomic._HOST}-{os.getpid()}-0123abcd.tmp"
    old_elsewhere, new_elsewhere = ".iqsd-ffffff-1-0123abcd.tmp", ".iqsd-ffffff-2-0123abcd.tmp"
    strangers = ".iqsd-notes.tmp"
    for name in (dead, living, old_elsewhere, new_elsewhere, strangers):
        (tmp_path / name).write_bytes(b"")
    os.utime(tmp_path / old_elsewhere, (1, 1))
    rate(photo)
    assert names(tmp_path) == sorted([living, new_elsewhere, strangers, photo.name, photo.name + ".xmp"])


def test_many_threads_on_one_sidecar_lose_nothing(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar_of(photo, xmp(TITLE))
    errors: list[Exception] = []

    def work(number: int) -> None:
        for turn in range(10):
            try:
                rate(photo, (number + turn) % 5 + 1)
            except SidecarError as error:
                if "keep changing" not in str(error):
                    errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert not read(photo).rating_is_persons
    assert names(tmp_path) == [photo.name, photo.name + ".xmp"]
    undo(photo)
    assert sidecar_of(photo).read_bytes() == xmp(TITLE)


KILLED = 40


def test_killed_at_any_instant(tmp_path: Path) -> None:
    """Old or new, never less; no person's value is lost; nothing is left over after the next run."""
    photos = [photo_in(tmp_path, f"IMG_{n}.jpg", jpeg(xmp(TITLE) if n % 2 else None)) for n in range(10)]
    persons = {photos[0]: 5, photos[5]: 1}
    for photo, rating in persons.items():
        sidecar_of(photo, xmp(TITLE, xmp_Rating=rating))
    program = (
        "import itertools, sys; from pathlib import Path; from iqsd.sidecars import undo\n"
        "from tests.sidecars.sidecar_making import rate\n"
        "photos = sorted(Path(sys.argv[1]).glob('*.jpg')); print(flush=True)\n"
        "for turn in itertools.count(int(sys.argv[2])):\n"
        "    for photo in photos:\n"
        "        undo(photo) if turn % 7 == 6 else rate(photo, turn % 5 + 1, turn % 3 + 1)\n"
    )
    for kill in range(KILLED):
        process = start(program, tmp_path, kill)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.001 + 0.0007 * (kill * 37 % KILLED))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for sidecar in tmp_path.glob("*.xmp"):
            parse(sidecar.read_bytes())
        for photo, rating in persons.items():
            assert (read(photo).rating, read(photo).rating_is_persons) == (rating, True)
        assert all(name.endswith((".jpg", ".xmp", ".tmp")) for name in names(tmp_path))
    program = (
        "import sys; from pathlib import Path; from tests.sidecars.sidecar_making import rate\n"
        "for photo in Path(sys.argv[1]).glob('*.jpg'): rate(photo)"
    )
    done = run(program, tmp_path)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path) == sorted([p.name for p in photos] + [p.name + ".xmp" for p in photos])


def command(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", program, *map(str, arguments)]


def environment() -> dict[str, str]:
    path = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(program, *arguments), env=environment(), capture_output=True, text=True)


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(command(program, *arguments), env=environment(), stdout=subprocess.PIPE, text=True)
