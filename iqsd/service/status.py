"""`iqsd status`: what the daemon wrote down, what the kernel says about its process, and what the journal holds."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from iqsd.errors import JournalError, counted, printable
from iqsd.journal import Journal
from iqsd.paths import is_gone
from iqsd.service.instance import running
from iqsd.service.reporter import status_file

WAITING = "waiting for a disk"
"""The state of a process that reads or writes: a busy one is in it now and then, one whose disk hangs always is."""

_SHOWN = 100


def status(journal: Path) -> dict[str, Any]:
    """All that `iqsd status` says; the keys are described in docs/service.md."""
    pid = running(journal)
    try:
        daemon = json.loads(status_file(journal).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        daemon = None
    if not isinstance(daemon, dict) or not isinstance(daemon.get("queue"), dict):  # written by something else
        daemon = None
    elif pid not in (None, daemon.get("pid")):
        daemon = None  # the running daemon has only just started, and this is from the one before
    return {
        "running": pid is not None,
        "process": None if pid is None else _process(pid),
        "daemon": daemon,
        **_ledger(journal),
    }


def _ledger(path: Path) -> dict[str, Any]:
    nothing: dict[str, Any] = {"photos": {}, "failed": [], "journal_error": None}
    if is_gone(path):
        return nothing
    try:
        with Journal(path, patience_seconds=2) as journal:
            failed = [
                {
                    "path": printable(photo),
                    "reason": entry.reason,
                    "attempts": entry.attempts,
                    "set_aside": entry.is_set_aside,
                }
                for photo, entry in journal.failed(_SHOWN)
            ]
            return {**nothing, "photos": journal.counts(), "failed": failed}
    except (JournalError, sqlite3.Error) as error:
        return {**nothing, "journal_error": str(error)}


def _process(pid: int) -> dict[str, Any]:
    """What the kernel says about the daemon: a stopped or stuck process cannot say so itself."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rsplit(")", 1)[1].split()[0]
        fields = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return {"pid": pid, "state": "unknown", "memory_mb": None}
    memory = next((int(line.split()[1]) // 1024 for line in fields if line.startswith("VmRSS:")), None)
    words = {"T": "stopped by a signal", "t": "stopped by a debugger", "D": WAITING, "Z": "dead"}
    return {"pid": pid, "state": words.get(state, "alive"), "memory_mb": memory}


def words(state: dict[str, Any]) -> list[str]:
    """The same for a person."""
    lines = [_first_line(state)]
    daemon = state["daemon"]
    if daemon is not None:
        queue = daemon["queue"]
        if not state["running"]:
            lines.append(f"when it last ran, {_ago(daemon['updated'])}:")
        lines.append(f"model {daemon['model']}, {daemon['jobs']} at a time")
        lines += [f"  {f['path']}: {f['how']}{_because(f['why'])}" for f in daemon["folders"]]
        waiting = f"{queue['judging']:,} being judged, {queue['waiting']:,} waiting, {queue['settling']:,} settling"
        sweeping = ", a comparison in progress" if queue["sweeping"] else ""
        lines.append(f"queue: {waiting}{sweeping}; {daemon['photos_per_minute']:g} photos per minute")
        if daemon.get("resting"):  # an iqsd from before an upgrade does not have it
            lines.append(f"resting: {daemon['resting']}")
        lines.append("since it started: " + ", ".join(f"{n:,} {what}" for what, n in daemon["since_start"].items()))
        if daemon["last_photo"]:
            last = daemon["last_photo"]
            lines.append(f"last photo: {last['path']} ({last['outcome']}, {_ago(last['time'])})")
        if daemon["last_sweep"]:
            lines.append(_sweep_line(daemon["last_sweep"]))
    lines.append(f"journal: {state['journal_error'] or _counts(state['photos']) or 'empty'}")
    for failed in state["failed"]:
        aside = "set aside; `iqsd retry` tries it again" if failed["set_aside"] else "will be tried again"
        lines.append(f"  {failed['path']}: {failed['reason']} ({aside})")
    return lines


def _counts(photos: dict[str, int]) -> str:
    """How many photos are in which state; those that were set aside are among the failed."""
    aside = photos.get("set_aside", 0)
    states = {state: f"{number:,} {state}" for state, number in photos.items() if state != "set_aside"}
    if aside:
        states["failed"] += f" ({aside:,} set aside)"
    return ", ".join(states.values())


def _first_line(state: dict[str, Any]) -> str:
    if not state["running"]:
        return "iqsd is not running; `iqsd start` or `systemctl --user start iqsd` starts it"
    process, daemon = state["process"], state["daemon"] or {}
    since = f"; started {_ago(daemon['started'])}, last update {_ago(daemon['updated'])}" if daemon else ""
    what = f"process {process['pid']} ({process['state']}, {process['memory_mb']} MB)"
    return f"iqsd {daemon.get('version', '')} is running as {what}{since}"


def _sweep_line(sweep: dict[str, Any]) -> str:
    took = "in progress" if sweep["seconds"] is None else f"{sweep['seconds']:.1f} s"
    photos, problems = counted(sweep["photos"], "photo", "photos"), counted(sweep["problems"], "problem", "problems")
    found = f"{photos}, {sweep['fresh']:,} new or changed, {problems}"
    return f"last comparison: {sweep['folder']}, {_ago(sweep['began'])} ({sweep['why']}), {took}, {found}"


def _because(why: str) -> str:
    return f" ({why})" if why else ""


def _ago(moment: float) -> str:
    seconds = max(0.0, time.time() - moment)
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} seconds ago"
