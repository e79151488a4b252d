"""The daemon's signals: they wake the main loop, and are kept until it asks for them."""

from __future__ import annotations

import contextlib
import signal
import socket
from types import FrameType

LISTENED_TO = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


class Signals:
    """Takes these signals while it is entered, so that none can end the daemon half-way."""

    def __init__(self) -> None:
        self._told: set[int] = set()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def __enter__(self) -> Signals:
        """Listen."""
        self._before = {number: signal.signal(number, self._on_signal) for number in LISTENED_TO}
        return self

    def __exit__(self, *exception: object) -> None:
        """Give the signals back to their previous handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def __bool__(self) -> bool:
        return bool(self._told)

    def fileno(self) -> int:
        """Readable when there is a signal."""
        return self._reader.fileno()

    def take(self) -> set[int]:
        """The signals that came since the last call."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                continue
        told, self._told = self._told, set()
        return told

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._told.add(number)
        with contextlib.suppress(BlockingIOError):  # full: the loop will wake anyway
            self._writer.send(b"!")
