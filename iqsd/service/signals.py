"""What the daemon is told by signals: kept until the main loop asks, and it is woken for it."""

from __future__ import annotations

import contextlib
import signal
import socket
from types import FrameType

LISTENED_TO = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


class Signals:
    """Takes these signals, from entering it until leaving it: none may end the daemon half-way."""

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
        """Leave the signals to who had them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def __bool__(self) -> bool:
        return bool(self._told)

    def fileno(self) -> int:
        """Readable when there is one."""
        return self._reader.fileno()

    def take(self) -> set[int]:
        """Those that came since the last time."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                continue
        told, self._told = self._told, set()
        return told

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._told.add(number)
        with contextlib.suppress(BlockingIOError):  # full: it is as good as rung
            self._writer.send(b"!")
