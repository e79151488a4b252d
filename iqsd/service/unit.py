"""`iqsd service`: install, remove and query the user unit. The one file that calls systemctl."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from iqsd.errors import ConfigError
from iqsd.paths import shipped
from iqsd.settings import config_home

NAME = "iqsd.service"
_MARK = "# Written by `iqsd service install`.\n"


def unit_file() -> Path:
    """Where the unit is for this user."""
    return config_home() / "systemd" / "user" / NAME


def text() -> str:
    """The unit, which runs this very program."""
    template = shipped(f"systemd/{NAME}").read_text("utf-8")
    script = Path(sys.executable).with_name("iqsd")
    # `-m` would look for modules in the user's home folder first.
    words = (str(script),) if script.exists() else (sys.executable, "-m", "iqsd")
    program = " ".join(_quoted(word) for word in (*words, "start"))
    lines = [f"ExecStart={program}" if line.startswith("ExecStart=") else line for line in template.splitlines()]
    return _MARK + "\n".join(lines) + "\n"


def install() -> Path:
    """Install the unit and start it, now and at every login.

    Raises:
        ConfigError: there is another unit of that name, the unit cannot be written, or systemd does not answer.
    """
    file = unit_file()
    if file.exists() and not _is_ours(file):
        raise ConfigError("already exists and was not written by iqsd", file, "move it away first")
    _systemctl("daemon-reload")  # fails before anything is written if there is no systemd
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(), "utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file) from None
    _systemctl("daemon-reload")
    _systemctl("enable", NAME)
    _systemctl("restart", NAME)
    return file


def uninstall() -> Path | None:
    """Stop the unit and remove it; the journal and the settings stay.

    Returns:
        where it was; None if there was none.

    Raises:
        ConfigError: the unit was not written by iqsd, or systemd does not answer.
    """
    file = unit_file()
    if not file.exists():
        return None
    if not _is_ours(file):
        raise ConfigError("was not written by iqsd", file, "remove it by hand")
    try:
        _systemctl("disable", "--now", NAME)
    finally:
        file.unlink()
    _systemctl("daemon-reload")
    return file


def state() -> str:
    """What systemd says about the unit, in a word: active, inactive, failed, or not installed."""
    if not os.path.exists(unit_file()):  # noqa: PTH110  # never raises
        return "not installed"
    done = _run("is-active", NAME)
    return done.stdout.strip() or done.stderr.strip() or "unknown"


def _systemctl(*arguments: str) -> None:
    done = _run(*arguments)
    if done.returncode != 0:
        raise ConfigError(
            f"`systemctl --user {' '.join(arguments)}` failed: {done.stderr.strip() or done.returncode}",
            advice="see `journalctl --user -u iqsd`; without systemd run `iqsd start` from your session's autostart",
        )


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["systemctl", "--user", *arguments], capture_output=True, text=True, timeout=120, check=False
        )
    except FileNotFoundError:
        raise ConfigError(
            "there is no systemctl on this machine", advice="run `iqsd start` from your session's autostart instead"
        ) from None
    except subprocess.TimeoutExpired:
        raise ConfigError("systemctl did not answer within two minutes") from None


def _is_ours(file: Path) -> bool:
    return file.read_text("utf-8", "replace").startswith(_MARK)


def _quoted(word: str) -> str:
    """A word as systemd reads it: percent signs doubled, quotes where needed. In the program's name a $ stays a $."""
    word = word.replace("%", "%%")
    return word if word.replace("/", "").replace("-", "").replace(".", "").isalnum() else f'"{_escaped(word)}"'


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')
