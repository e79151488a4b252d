"""Everything that the doctor checks, each thing after those that it depends on."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import iqsd
from iqsd import digikam, settings
from iqsd.assembly import check_model, model_of
from iqsd.doctor.finding import Finding, from_error, ok, problem, warning
from iqsd.doctor.folders import is_read_only, look_at_folders, look_at_room
from iqsd.errors import ConfigError, DigikamError, IqsdError, JournalError, ModelError, counted, printable
from iqsd.journal import Journal
from iqsd.paths import is_folder, is_gone
from iqsd.photos.formats import FORMATS
from iqsd.service import unit
from iqsd.service.metrics import check_metrics_file
from iqsd.service.status import WAITING, status
from iqsd.settings import Settings

_LIBRARIES = ("ai-edge-litert", "numpy", "opencv-python-headless", "pyexiv2")
_DAY_SECONDS = 86400


def examine(config: Path | None) -> Iterator[Finding]:
    """Check everything, one thing after another; nothing is changed.

    Args:
        config: the config.toml that the user named; None: the one in the XDG folder.
    """
    yield _versions()
    yield from _clock()
    try:
        current = settings.load(config)
        current.polled()
        yield ok("settings", _where(config))
    except ConfigError as error:
        yield from_error("settings", error, "run `iqsd config check` after each change")
        current = settings.parse("", settings.config_file())
    yield _model(current)
    yield from _formats()
    folders = current.watched()
    yield from look_at_folders(folders)
    journal = settings.journal_file()
    state = next(parent for parent in journal.parents if is_folder(parent))
    yield from look_at_room([*filter(is_folder, folders), state])
    yield from _journal(journal)
    yield from _service(journal, folders)
    yield from _metrics(current)
    yield from _digikam(current)


def _versions() -> Finding:
    from importlib import metadata  # costs 4 MB and 20 ms, so only when needed

    def version(name: str) -> str:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:  # another package with the same content is installed instead
            return "of another package"

    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return ok("versions", f"iqsd {iqsd.__version__}, Python {platform.python_version()}, {libraries}")


def _clock() -> Iterator[Finding]:
    """A clock that is far behind makes every photo look as if it were still being written."""
    installed = Path(iqsd.__file__).stat().st_mtime
    if time.time() < installed - _DAY_SECONDS:
        today = time.strftime("%Y-%m-%d")
        yield problem(
            "clock", f"today is {today}, before iqsd was installed", "set the clock (timedatectl set-ntp true)"
        )


def _where(config: Path | None) -> str:
    file = config or settings.config_file()
    return f"{printable(file)} is in order" if file.exists() else f"no {printable(file)}; the defaults are used"


def _model(current: Settings) -> Finding:
    try:
        check_model(current)
        file, model = model_of(current)
        return ok("model", f"{model.name} ({printable(file)}) loads and runs")
    except (ModelError, ConfigError) as error:
        return from_error("model", error, "reinstall iqsd, or see docs/models.md for a model of your own")


def _formats() -> Iterator[Finding]:
    missing = [entry for entry in FORMATS if not entry.needs.is_installed]
    for entry in missing:
        yield warning(
            "formats", f"{entry.name} cannot be read: {entry.needs.name} is not installed", entry.needs.install
        )
    if not missing:
        yield ok("formats", f"all {len(FORMATS)} can be read")


def _journal(file: Path) -> Iterator[Finding]:
    place = next(path for path in (file, *file.parents) if not is_gone(path))
    locked = None
    if not os.access(place, os.W_OK):
        text = f"iqsd may not write to {printable(place)}: nothing can be rated"
        locked = problem("journal", text, "allow writing there (chmod, chown), or set XDG_STATE_HOME")
    if place != file:
        yield locked or ok("journal", "there is none yet; the first rescan or start creates it")
        return
    try:
        with Journal(file, patience_seconds=2) as journal:
            counts = journal.counts()
    except JournalError as error:
        yield from_error("journal", error, "")
        return
    except sqlite3.Error as error:
        what = f"{printable(file)} is damaged: {error}"
        yield problem("journal", what, "move it away; iqsd rebuilds it from the sidecars")
        return
    aside = counts.pop("set_aside")
    words = ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in counts.items())
    yield locked or ok("journal", f"{printable(file)}: {words or 'empty'}")
    if aside:
        unread = counted(aside, "photo that could not be read is", "photos that could not be read are")
        text = f"{unread} set aside"
        yield warning("photos", text, "`iqsd status` names them with the reason, `iqsd retry` tries them again")


def _service(journal: Path, folders: Sequence[Path]) -> Iterator[Finding]:
    state = status(journal)
    try:
        installed = unit.state()
    except ConfigError:
        installed = "no systemd here"
    if state["running"]:
        yield from _running(state)
        yield from _shut_out(state["process"]["pid"], folders)
    elif installed == "not installed":
        yield warning("daemon", "it is not running: new photos are not rated automatically", "`iqsd service install`")
    else:
        yield problem(
            "daemon", f"it is not running, although installed ({installed})", "`journalctl --user -u iqsd` says why"
        )


def _running(state: dict[str, Any]) -> Iterator[Finding]:
    process, daemon = state["process"], state["daemon"] or {}
    what = f"process {process['pid']}"
    if process["state"] == WAITING:
        advice = "run it again: if this stays, the disk does not respond (`journalctl -k`)"
        yield warning("daemon", f"{what} is {WAITING}", advice)
    elif process["state"] != "alive":
        yield problem("daemon", f"{what} does not answer ({process['state']})", "`systemctl --user restart iqsd`")
    elif daemon.get("version", iqsd.__version__) != iqsd.__version__:
        text = f"{what} still runs iqsd {daemon['version']}"
        yield warning("daemon", text, "restart it: `systemctl --user restart iqsd`")
    else:
        yield ok("daemon", f"running as {what}")
    for folder in daemon.get("folders", ()):
        if folder["how"] == "sweeps":
            yield warning(
                "daemon", f"gets no events from {folder['path']}: {folder['why']}", "photos there are found later"
            )


def _shut_out(pid: int, folders: Sequence[Path]) -> Iterator[Finding]:
    """Systemd gives the daemon its own view of the files, in which all that the unit does not name is read-only."""
    for folder in folders:
        place = folder.resolve()  # the target of a link would be looked up in our own view
        if is_read_only(Path(f"/proc/{pid}/root{place}")) and not is_read_only(place):
            text = f"it may not write to {printable(folder)}: photos there get no sidecars"
            advice = f"`systemctl --user edit iqsd`: [Service] ReadWritePaths={printable(place)}, then restart it"
            yield problem("daemon", text, advice)


def _metrics(current: Settings) -> Iterator[Finding]:
    try:
        if current.metrics_file is not None:
            check_metrics_file(current.metrics_file)
            yield ok("metrics", f"{printable(current.metrics_file)} can be written")
    except ConfigError as error:
        yield from_error("metrics", error, "name another file, or make that folder")


def _digikam(current: Settings) -> Iterator[Finding]:
    try:
        configs = digikam.find_configs()
    except DigikamError:
        yield ok("digikam", "no digiKam settings were found")
        return
    for config in configs:
        try:
            found = digikam.check(config, current.naming, colours=current.colour_label)
        except IqsdError as error:
            yield from_error("digikam", error, "")
            continue
        if not found:
            yield ok("digikam", f"{config.kind} reads what iqsd writes")
        for finding in found:
            yield warning("digikam", f"{config.kind}: {finding.problem}", f"`iqsd digikam setup`, or {finding.menu}")
