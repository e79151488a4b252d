"""A photo's file, opened once: its size, and the parts of it that are needed."""

from __future__ import annotations

import io
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from iqsd.containers.blocks import read_blocks
from iqsd.containers.parts import Blocks
from iqsd.errors import UnreadablePhotoError

MAX_FILE_BYTES = 1 << 30
"""A file larger than this is not read: no camera makes one."""

HEAD_BYTES = 1 << 17
"""What is read first: EXIF (64 KiB at most), the index of previews and the picture's size are in it."""


class Source:
    """An open file. From a card or over a network every byte counts, so no more is read than needed."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self.size = size

    @cached_property
    def head(self) -> bytes:
        """The first `HEAD_BYTES`, or all there is."""
        return self.part(0, HEAD_BYTES)

    @cached_property
    def whole(self) -> bytes:
        """All of it."""
        return self.head + self.part(len(self.head), self.size)

    @property
    def name(self) -> str:
        """A name for libraries that open files themselves: plain ASCII, and sure to be this very file."""
        return f"/dev/fd/{self._descriptor}"

    def part(self, at: int, length: int) -> bytes:
        """Bytes from an offset; fewer if the file ends earlier, however many are asked for."""
        parts = []
        end = min(at + length, self.size)
        while 0 <= at < end:
            data = os.pread(self._descriptor, end - at, at)
            if not data:  # the file was truncated in the meantime
                break
            parts.append(data)
            at += len(data)
        return b"".join(parts)

    def mapped(self) -> mmap.mmap:
        """All of it as memory that can be written to without changing the file. To be closed."""
        return mmap.mmap(self._descriptor, self.size, access=mmap.ACCESS_COPY)

    @cached_property
    def blocks(self) -> Blocks | None:
        """Its metadata, not yet parsed; None for a format that `read_blocks` does not read.

        Raises:
            UnreadableBoxesError: the metadata is there but cannot be read.
        """
        with open(os.dup(self._descriptor), "rb", io.DEFAULT_BUFFER_SIZE) as file:  # noqa: PTH123  # not a path
            file.seek(0)
            return read_blocks(file)


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a photo.

    Raises:
        UnreadablePhotoError: it is empty, too large, not a regular file, or the system does not let us read it.
    """
    try:
        # Opening a FIFO must not wait for a writer that never comes.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadablePhotoError(_what_it_is(status.st_mode), path)
            if status.st_size == 0:
                raise UnreadablePhotoError("the file is empty", path)
            if status.st_size > MAX_FILE_BYTES:
                raise UnreadablePhotoError(f"{status.st_size:,} bytes: larger than a photo can be", path)
            yield Source(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnreadablePhotoError(f"cannot be read: {error.strerror}", path) from None


def _what_it_is(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "is a folder; `iqsd rescan` and `iqsd report` take folders"
    return "is not a regular file"
