"""Whether the machine was asleep: a clock that counts sleep runs ahead of one that does not."""

from __future__ import annotations

import time

_ASLEEP_SECONDS = 2.0


class SuspendClock:
    """Compares the two clocks."""

    def __init__(self) -> None:
        self._asleep = _asleep()

    def has_jumped(self) -> bool:
        """Whether the machine has slept since the last call."""
        before, self._asleep = self._asleep, _asleep()
        return self._asleep - before > _ASLEEP_SECONDS


def _asleep() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
