"""Where digiKam's settings are, and whether digiKam is running."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import DigikamError

_NAME = "digikamrc"
_PROGRAM = "digikam"


@dataclass(frozen=True)
class Config:
    """The settings of one digiKam.

    Attributes:
        path: its digikamrc.
        kind: which digiKam: "digiKam", "digiKam (flatpak)" or "digiKam (snap)".
    """

    path: Path
    kind: str


def find_configs(environment: Mapping[str, str] = os.environ) -> list[Config]:
    """The settings of every digiKam this user has.

    Raises:
        DigikamError: there is none.
    """
    try:
        home = Path(environment.get("HOME") or Path.home())
    except RuntimeError:
        raise DigikamError("this user has no home folder", advice="set HOME") from None
    places = [
        Config(_rc(home, environment), "digiKam"),
        Config(home / ".var/app/org.kde.digikam/config" / _NAME, "digiKam (flatpak)"),
        Config(home / "snap/digikam/current/.config" / _NAME, "digiKam (snap)"),
    ]
    found = [config for config in places if os.path.isfile(config.path)]  # noqa: PTH113  # which never raises
    if not found:
        looked = ", ".join(str(config.path) for config in places)
        raise DigikamError(
            f"no digiKam settings were found (looked for {looked})",
            advice="start digiKam once and finish its assistant, then try again",
        )
    return found


def running_digikam(rc: Path, proc: Path = Path("/proc")) -> int | None:
    """The process number of a running digiKam that will write this digikamrc when it is closed; None if there is none.

    Flatpak and snap put digiKam into a container, but seen from outside its processes have the same name, and their
    environment tells them where to keep their settings. One whose environment cannot be read counts.
    """
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid() and _is_digikam(folder) and _may_use(folder, rc):
                return int(folder.name)
    return None


def _is_digikam(folder: Path) -> bool:
    name, _, rest = (folder / "stat").read_text("utf-8", "replace").partition("(")[2].rpartition(")")
    if rest.split()[0] in ("Z", "X"):  # it has ended, but its parent has not noticed yet
        return False
    arguments = (folder / "cmdline").read_bytes().split(b"\0")
    return _PROGRAM in (name, os.fsdecode(arguments[0].rpartition(b"/")[2]))


def _may_use(folder: Path, rc: Path) -> bool:
    try:
        pairs = os.fsdecode((folder / "environ").read_bytes()).split("\0")
    except PermissionError:
        return True
    environment = dict(pair.partition("=")[::2] for pair in pairs)
    home = environment.get("HOME")
    return not home or _rc(Path(home), environment).resolve() == rc.resolve()


def _rc(home: Path, environment: Mapping[str, str]) -> Path:
    """The digikamrc of a program that runs in this environment."""
    xdg = environment.get("XDG_CONFIG_HOME", "")
    return (Path(xdg) if xdg.startswith("/") else home / ".config") / _NAME
