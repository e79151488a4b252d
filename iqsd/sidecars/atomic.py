"""The one place where iqsd replaces a user's file: on disk there is always the whole old one or the whole new one.

The new content is written beside the old under a hidden name that no program takes for a photo or a sidecar, flushed
to disk, given the mode, owner and extended attributes of the old file, and put in its place in one step, if the old
file is still the one that was read. A kill in between leaves such a hidden file; the next run removes it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import platform
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import SidecarError
from iqsd.paths import identity

_HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
_TEMPORARY = re.compile(r"\.iqsd-([0-9a-f]{6})-(\d+)-[0-9a-f]{8}\.tmp")
_OLD_S = 3600.0  # after this long, a temporary file of another computer is abandoned
_KNOWS_NO = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}  # of a file system: modes, owners or links
_CANNOT_LINK = {*_KNOWS_NO, errno.EMLINK, errno.EINVAL}
_NOT_OURS_TO_GIVE = {*_KNOWS_NO, errno.EINVAL}  # EINVAL: an owner that a user namespace does not know
_WRITABLE = 0o222  # for anyone
_GET_FLAGS, _APPEND_ONLY = 0x80086601, 0x20  # FS_IOC_GETFLAGS and FS_APPEND_FL of Linux
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES}

_swept: set[tuple[int, int] | None] = set()


class ChangedMeanwhileError(Exception):
    """The file is no longer the one that was read: read and merge it again."""


@dataclass(frozen=True)
class Snapshot:
    """Identifies the file that was read, by more than its name."""

    identity: tuple[int, int, int, int, int]
    mode: int
    owner: tuple[int, int]
    times: tuple[int, int]

    @property
    def size(self) -> int:
        """The file's size in bytes."""
        return self.identity[2]

    @classmethod
    def of(cls, status: os.stat_result) -> Snapshot:
        """The snapshot of a file that was opened or looked at."""
        identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        times = (status.st_atime_ns, status.st_mtime_ns)
        return cls(identity, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid), times)


def read_regular(path: Path, max_bytes: int) -> tuple[bytes, Snapshot] | None:
    """The content and the snapshot of a regular file; None if there is none. Never blocks on a pipe or device.

    A file larger than `max_bytes` is read only up to one byte beyond that, so that the caller can tell.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SidecarError("is not a regular file", path, "move it away")
        with path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SidecarError("is not a regular file", path, "move it away")
            pieces, left = [], max_bytes + 1
            while left and (piece := file.read(min(left, max(status.st_size + 1, 65536)))):
                pieces.append(piece)
                left -= len(piece)
            return b"".join(pieces), Snapshot.of(status)
    except FileNotFoundError:
        if path.is_symlink():
            raise SidecarError("is a broken link", path, "remove the link") from None
        return None
    except OSError as error:
        raise _explained(error, path, _READING) from error


def replace(
    path: Path,
    data: bytes,
    expected: Snapshot | None,
    *,
    like: os.stat_result | None = None,
    keep_times: bool = False,
) -> None:
    """Put `data` in the place of the file `expected`; None: there was no file.

    Args:
        path: the file.
        data: its new content.
        expected: what was read; if anything else is there now, ChangedMeanwhileError is raised.
        like: a new file is no more accessible to others than the file with this status.
        keep_times: give the new file the times of the old one.
    """
    refuse_protected(path)
    _sweep(path.parent)
    try:
        with _opened(path.parent) as folder:
            _refuse_append_only(path.parent, folder)
            _replace(path, folder, data, expected, like, keep_times=keep_times)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise SidecarError("cannot be written: its folder is gone", path, "") from None
        raise ChangedMeanwhileError(path) from None  # another computer took our temporary file for an abandoned one
    except OSError as error:
        raise _explained(error, path, "cannot be written") from error


def _replace(
    path: Path, folder: int, data: bytes, expected: Snapshot | None, like: os.stat_result | None, *, keep_times: bool
) -> None:
    """Replace it in the opened folder, wherever that is by now: one renamed or unmounted keeps no temporary file."""
    temporary = f".iqsd-{_HOST}-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        _write(temporary, folder, data, path, expected, like)
        if keep_times and expected is not None:
            os.utime(temporary, ns=expected.times, dir_fd=folder)
        _check_unchanged(path, expected, folder)
        _put(temporary, path, expected, folder)
        _sync(folder)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)


def remove(path: Path, expected: Snapshot) -> None:
    """Remove the file, if it is still the one that was read."""
    refuse_protected(path)
    try:
        with _opened(path.parent) as folder:
            _check_unchanged(path, expected, folder)
            os.unlink(path.name, dir_fd=folder)
            _sync(folder)
    except OSError as error:
        raise _explained(error, path, "cannot be removed") from error


def refuse_protected(path: Path) -> None:
    """Raise an error for a link, which may lead anywhere, or a write protection, which somebody wanted."""
    if path.is_symlink():
        raise SidecarError("is a symbolic link, and iqsd does not write through links", path, "put a real file there")
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # it is not there, or writing to it will show what is wrong
    if not os.access(path, os.W_OK) or not mode & _WRITABLE:  # root may write everywhere
        raise SidecarError("is write-protected", path, "allow writing to it if iqsd should rate this photo")


def may_be_replaced(path: Path) -> bool:
    """Whether neither the file nor its folder is protected against being replaced."""
    try:
        refuse_protected(path)
        with _opened(path.parent) as folder:
            _refuse_append_only(path.parent, folder)
    except (SidecarError, OSError):
        return False
    return os.access(path.parent, os.W_OK)


def _refuse_append_only(path: Path, folder: int) -> None:
    """In an append-only folder, files can be made but not removed: every try would leave a temporary file for ever."""
    with contextlib.suppress(OSError):  # the file system has no such flags
        flags = fcntl.ioctl(folder, _GET_FLAGS, bytes(8))
        if int.from_bytes(flags[:4], sys.byteorder) & _APPEND_ONLY:
            what = "only accepts new files: a sidecar there could be neither changed nor removed"
            raise SidecarError(what, path, "run chattr -a on it")


def _write(
    temporary: str, folder: int, data: bytes, path: Path, expected: Snapshot | None, like: os.stat_result | None
) -> None:
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
    with open(handle, "wb", buffering=0) as file:  # noqa: PTH123  # a handle, not a path
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]
        if expected is not None:
            _take_after(handle, path, expected)
        elif like is not None:
            mode = stat.S_IMODE(os.fstat(handle).st_mode) & (like.st_mode | 0o600)
            _set_mode(handle, mode)
            if os.geteuid() == 0:
                _own(handle, like.st_uid, like.st_gid)
        os.fsync(handle)


def _take_after(handle: int, path: Path, old: Snapshot) -> None:
    """Give the file the owner, mode and extended attributes (including access lists) of the old file."""
    status = os.fstat(handle)
    if (status.st_uid, status.st_gid) != old.owner:
        _own(handle, *old.owner)
    _set_mode(handle, old.mode)
    with contextlib.suppress(OSError):
        names = set(os.listxattr(path))
        for name in names.union(os.listxattr(handle)):  # a new file takes on the folder's default access list
            with contextlib.suppress(OSError):
                if name in names:
                    os.setxattr(handle, name, os.getxattr(path, name))
                else:
                    os.removexattr(handle, name)


def _set_mode(handle: int, mode: int) -> None:
    """Set the mode, unless the file system, as on memory cards and cameras, has no modes and refuses."""
    if stat.S_IMODE(os.fstat(handle).st_mode) != mode:
        try:
            os.fchmod(handle, mode)
        except OSError as error:
            if error.errno not in _KNOWS_NO:
                raise


def _own(handle: int, user: int, group: int) -> None:
    """Give the file away as far as iqsd may; otherwise the sidecar belongs to iqsd's own user."""
    for owner in (user, -1):
        try:
            os.fchown(handle, owner, group)
        except OSError as error:
            if error.errno not in _NOT_OURS_TO_GIVE:
                raise
        else:
            return


def _check_unchanged(path: Path, expected: Snapshot | None, folder: int) -> None:
    try:
        now = Snapshot.of(os.stat(path.name, dir_fd=folder, follow_symlinks=False))
    except FileNotFoundError:
        now = None
    if (now.identity if now else None) != (expected.identity if expected else None):
        raise ChangedMeanwhileError(path)


def _put(temporary: str, path: Path, expected: Snapshot | None, folder: int) -> None:
    if expected is None:
        try:  # unlike a rename, it fails if somebody has made the file since
            os.link(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except FileExistsError:
            raise ChangedMeanwhileError(path) from None
        except OSError as error:
            if error.errno not in _CANNOT_LINK:
                raise
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)  # here as well: Ctrl-C may come while everything else is cleaned up
            return
    os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:  # some network file systems cannot
            raise


def _sweep(folder: Path) -> None:
    """Remove what a killed run left, once per folder and run. Only iqsd's files, and only abandoned ones."""
    key = identity(folder)
    if key in _swept:
        return
    _swept.add(key)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _TEMPORARY.fullmatch(entry.name)
            if match and _is_dead(entry, match[1], int(match[2])):
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()


def _is_dead(entry: os.DirEntry[str], host: str, pid: int) -> bool:
    if host == _HOST:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            pass
    status = entry.stat(follow_symlinks=False)
    return stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > _OLD_S


_READING = "cannot be read"
_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space, and the next run finishes the job",
    errno.EDQUOT: "the disk quota is used up: free some space, and the next run finishes the job",
    errno.EROFS: "the file system is mounted read-only",
    errno.EACCES: "check the permissions of this folder",
    errno.EPERM: "check the permissions of this folder",
    errno.ENAMETOOLONG: "the name with .xmp added is too long for this file system: shorten the photo's name",
    errno.EIO: "the disk reports an error: check it, and the backup",
}


def _explained(error: OSError, path: Path, what: str) -> SidecarError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    advice = _ADVICE.get(error.errno or 0, "")
    if what == _READING and error.errno in (errno.EACCES, errno.EPERM):
        advice = "check its permissions"
    return SidecarError(f"{what}: {reason}", path, advice)
