"""When no new photo is judged although some wait: on battery or under others' load, if the user wants it so."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

from iqsd.service import machine

log = logging.getLogger("iqsd")

LOOK_EVERY_SECONDS = 10.0
"""How often the machine is looked at while photos wait."""

_LOAD_OVER_SECONDS = 60.0


@dataclass(frozen=True)
class Limits:
    """What the user wants.

    Attributes:
        on_battery: rest while the machine runs on its battery.
        above_load: rest while other programs load each core more than this; None: never.
    """

    on_battery: bool = False
    above_load: float | None = None

    @property
    def are_set(self) -> bool:
        """Whether there is anything to look at."""
        return self.on_battery or self.above_load is not None


def why_rest(limits: Limits, is_on_battery: bool, load: float) -> str:
    """The reason to rest, in words; empty: there is none.

    Args:
        limits: what the user wants.
        is_on_battery: whether the machine runs on battery.
        load: of other programs, per core.
    """
    if limits.on_battery and is_on_battery:
        return "the machine runs on battery (run.pause_on_battery)"
    if limits.above_load is not None and load > limits.above_load:
        return f"other programs load each core by {load:.1f} (run.pause_above_load is {limits.above_load:g})"
    return ""


class OwnLoad:
    """What iqsd adds to the load, averaged as the kernel does it; without this, iqsd would rest because of itself."""

    def __init__(self) -> None:
        self._load = 0.0
        self._at: float | None = None

    def add(self, busy: int, now: float) -> float:
        """Add that `busy` photos at a time were judged since the last call; returns the average of the last minute."""
        passed = 0.0 if self._at is None else now - self._at
        self._load += (busy - self._load) * (1 - math.exp(-passed / _LOAD_OVER_SECONDS))
        self._at = now
        return self._load


class Resting:
    """Whether to rest, checked every now and then.

    Args:
        limits: what the user wants.

    Attributes:
        why: the reason to rest; empty: there is none.
        next_look: when (monotonic) `look` will check again.
    """

    def __init__(self, limits: Limits) -> None:
        self.why = ""
        self.next_look = 0.0
        self._limits = limits
        self._own = OwnLoad()

    def look(self, now: float, busy: int) -> str:
        """Check the machine if it is time, and return why to rest. `busy` photos are being judged."""
        own = self._own.add(busy, now)
        if self._limits.are_set and now >= self.next_look:
            self.next_look = now + LOOK_EVERY_SECONDS
            load = machine.load_per_core() - own / machine.cores()
            why = why_rest(self._limits, machine.is_on_battery(machine.power_supplies()), load)
            if why and not self.why:
                log.info("resting: %s; new photos wait", why)
            elif self.why and not why:
                log.info("resuming: there is no more reason to rest")
            self.why = why
        return self.why
