"""How a signal handler wakes the main loop."""

from __future__ import annotations

import contextlib
import socket


class Wakeup:
    """A bell: who waits for `fileno` hears it."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        """Readable when it has rung."""
        return self._reader.fileno()

    def ring(self) -> None:
        """Ring. Safe in a signal handler."""
        with contextlib.suppress(BlockingIOError):  # full: it is as good as rung
            self._writer.send(b"!")

    def clear(self) -> None:
        """It has been heard."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                continue

    def close(self) -> None:
        """Give the descriptors back."""
        self._reader.close()
        self._writer.close()
