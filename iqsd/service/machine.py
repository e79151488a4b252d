"""What the kernel says about the machine: where its power comes from, and how busy it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POWER_SUPPLIES = Path("/sys/class/power_supply")

_BATTERIES = ("Battery", "UPS")


@dataclass(frozen=True)
class Supply:
    """One entry in the kernel's list of power supplies, in its own words.

    Attributes:
        kind: `Mains`, `USB`, `Battery`, `UPS`, ...
        is_online: whether it supplies power; batteries do not say.
        status: of a battery, `Charging`, `Discharging`, `Full`, ...
        scope: `Device` for the battery of a mouse, for example.
    """

    kind: str
    is_online: bool = False
    status: str = ""
    scope: str = ""


def power_supplies() -> list[Supply]:
    """All power supplies; none if the kernel does not list them."""
    try:
        folders = sorted(POWER_SUPPLIES.iterdir())
    except OSError:
        return []
    return [
        Supply(_word(f / "type"), _word(f / "online") not in ("", "0"), _word(f / "status"), _word(f / "scope"))
        for f in folders
    ]


def is_on_battery(supplies: Sequence[Supply]) -> bool:
    """Whether the machine runs on its battery: one is discharging, and nothing else supplies power."""
    if any(supply.is_online for supply in supplies if supply.kind not in _BATTERIES):
        return False
    own = [supply for supply in supplies if supply.kind in _BATTERIES and supply.scope != "Device"]
    return any(supply.status == "Discharging" for supply in own)


def load_per_core() -> float:
    """How many programs wanted each core at a time, over the last minute; 0 if the kernel does not say."""
    try:
        return os.getloadavg()[0] / cores()
    except OSError:
        return 0.0


def cores() -> int:
    """How many cores the machine has: the load is that of all cores, whichever of them iqsd may use."""
    return os.cpu_count() or 1


def _word(file: Path) -> str:
    try:
        return file.read_text("ascii", "replace").strip()
    except OSError:
        return ""
