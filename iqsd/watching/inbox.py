"""Where other threads and signal handlers leave word for the main loop, and wake it."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from pathlib import Path


class Inbox:
    """Messages for one reader, who can wait for them together with other descriptors (`fileno`)."""

    def __init__(self) -> None:
        self._messages: deque[tuple[str, Path]] = deque()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        """Readable when there is something to take."""
        return self._reader.fileno()

    def leave(self, kind: str, path: Path) -> None:
        """Leave a message about a path. Any thread may."""
        self._messages.append((kind, path))
        self.wake()

    def wake(self) -> None:
        """Wake the reader. Safe in a signal handler."""
        with contextlib.suppress(BlockingIOError):  # full: it is as good as awake
            self._writer.send(b"!")

    def take(self) -> list[tuple[str, Path]]:
        """Everything that was left, oldest first."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                continue
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def close(self) -> None:
        """Give the descriptors back."""
        self._reader.close()
        self._writer.close()
