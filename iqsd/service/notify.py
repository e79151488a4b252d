"""Messages to systemd: ready, still making progress, reloading, stopping. Without systemd, they go nowhere."""

from __future__ import annotations

import contextlib
import os
import socket
import time


def tell(*words: str) -> None:
    """Send messages of the sd_notify protocol, such as `READY=1`."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
        channel.send("\n".join(words).encode("utf-8", "backslashreplace"))


def reloading() -> tuple[str, str]:
    """The messages that say that the settings are being read again; `READY=1` says that this is done."""
    return "RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}"


def watchdog_seconds() -> float | None:
    """How long systemd waits for a sign of progress; None: it does not wait for one."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        return int(os.environ["WATCHDOG_USEC"]) / 1e6
    except (KeyError, ValueError):
        return None
