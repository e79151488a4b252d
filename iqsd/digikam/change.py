"""Check a digikamrc and, if asked, change the keys that are in the way: with a backup, and never while digiKam runs."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from pathlib import Path

from iqsd.digikam.kconfig import KConfig
from iqsd.digikam.places import Config, running_digikam
from iqsd.digikam.rules import ALBUMS, Finding, judge, keeps_to_itself
from iqsd.errors import DigikamError, SidecarError, counted
from iqsd.paths import is_folder
from iqsd.sidecars import Naming
from iqsd.sidecars.atomic import ChangedMeanwhileError, Snapshot, read_regular, replace

_MAX_BYTES = 16 * 1024 * 1024
_DATABASE = "Database Settings"
_MARKED = """
    SELECT name FROM Images WHERE status = 1 AND (
        id IN (SELECT imageid FROM ImageInformation WHERE rating > 0) OR
        id IN (SELECT imageid FROM ImageTags WHERE tagid IN (SELECT id FROM Tags WHERE name IN
            ('Pick Label Rejected', 'Pick Label Pending', 'Pick Label Accepted'))))
"""


@dataclass(frozen=True)
class Setup:
    """What `setup` did.

    Attributes:
        changed: what was in the way and no longer is.
        left: what still is: only the person can decide, or the administrator has locked it.
        backup: the file as it was; None if nothing was changed.
    """

    changed: tuple[Finding, ...]
    left: tuple[Finding, ...]
    backup: Path | None


def check(config: Config, naming: Naming = Naming.FULL, *, colours: bool = False) -> list[Finding]:
    """Which settings are in the way. Writes nothing.

    Raises:
        DigikamError: the settings cannot be read.
    """
    return _judged(_read(config)[0], naming, colours)


def setup(config: Config, naming: Naming = Naming.FULL, force: bool = False, *, colours: bool = False) -> Setup:
    """Change what is in the way; everything else in the file stays as it is, byte for byte.

    Args:
        config: whose settings.
        naming: how iqsd names sidecars.
        force: go on even if iqsd's stars and labels may then replace those that are only in digiKam's database.
        colours: whether iqsd writes colours too.

    Raises:
        DigikamError: digiKam is running, it has stars or labels to lose, or the settings cannot be read or written.
    """
    rc, snapshot = _read(config)
    findings = _judged(rc, naming, colours)
    changed = tuple(f for f in findings if f.wanted is not None)
    left = tuple(f for f in findings if f.wanted is None)
    if not changed:
        return Setup(changed, left, None)
    _refuse_while_running(config)
    if not force:
        _refuse_to_lose_marks(rc, config)
    new = rc
    for finding in changed:
        new = new.with_value(finding.group, finding.key, finding.wanted or "")
    return Setup(changed, left, _write(config, rc.data, new.data, snapshot))


def _judged(rc: KConfig, naming: Naming, colours: bool) -> list[Finding]:
    """What is in the way; `wanted` is None for what the administrator has locked."""
    return [
        replace_fields(f, wanted=None, problem=f"{f.problem}; your administrator has locked this setting")
        if rc.is_locked(f.group, f.key)
        else f
        for f in judge(rc, naming, colours=colours)
    ]


def _read(config: Config) -> tuple[KConfig, Snapshot]:
    try:
        found = read_regular(config.path.resolve(), _MAX_BYTES)
    except SidecarError as error:
        raise DigikamError(error.detail, config.path, error.advice) from error
    if found is None:
        raise DigikamError("does not exist", config.path, "start digiKam once and finish its assistant")
    rc = KConfig(found[0])
    if not rc.has_group(ALBUMS):  # if iqsd wrote it, digiKam would never show its assistant
        raise DigikamError(
            "digiKam's first-run assistant has not been finished", config.path, "start digiKam once, then try again"
        )
    return rc, found[1]


def _refuse_while_running(config: Config) -> None:
    process = running_digikam(config.path)
    if process is not None:
        raise DigikamError(
            f"digiKam is running (process {process}) and would write its old settings back when it closes",
            advice="close digiKam, then try again",
        )


def _refuse_to_lose_marks(rc: KConfig, config: Config) -> None:
    """Once digiKam rereads photos, stars that are only in its database are replaced by what iqsd wrote."""
    count = _marks_in_database(rc) if keeps_to_itself(rc) else 0
    if count != 0:
        they = "an unknown number of photos have" if count is None else counted(count, "photo has", "photos have")
        raise DigikamError(
            f"{they} stars or labels in digiKam's database, where iqsd cannot see them; with these settings "
            "digiKam would replace them with those in iqsd's sidecars",
            config.path,
            "let digiKam write them into sidecars first, as docs/digikam.md says, or use --force if they do not matter",
        )


def _marks_in_database(rc: KConfig) -> int | None:
    """How many photos have stars or pick labels only in digiKam's database; None if that cannot be determined."""
    if rc.get(_DATABASE, "Database Type") not in (None, "QSQLITE"):
        return None
    folder = rc.path(_DATABASE, "Database Name")
    if folder is None:
        return 0
    file = (folder / "digikam4.db").absolute()
    if is_folder(folder) and not file.exists():
        return 0
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            return sum(keeps_to_itself(rc, name) for (name,) in database.execute(_MARKED))
    except sqlite3.Error:
        return None


def _write(config: Config, old: bytes, new: bytes, snapshot: Snapshot) -> Path:
    path = config.path.resolve()
    with contextlib.ExitStack() as unless_written:
        try:
            backup = _back_up(path, old)
            unless_written.callback(backup.unlink)
            replace(path, new, snapshot)
        except ChangedMeanwhileError:
            raise DigikamError("was changed by another program in the meantime", config.path, "try again") from None
        except SidecarError as error:
            raise DigikamError(error.detail, config.path, "fix that, then try again") from error
        unless_written.pop_all()
    return backup


def _back_up(path: Path, data: bytes) -> Path:
    """Make a copy beside the file, under a name that is free."""
    number = 1
    while True:
        backup = path.with_name(f"{path.name}.before-iqsd-{number}")
        with contextlib.suppress(ChangedMeanwhileError):  # the name is taken
            replace(backup, data, None, like=path.stat())
            return backup
        number += 1
