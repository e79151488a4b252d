"""Where things are: the XDG folders of a desktop."""

from __future__ import annotations

import os
import re
from pathlib import Path

from iqsd.errors import ConfigError


def config_home() -> Path:
    """The XDG folder for configuration."""
    return _xdg("XDG_CONFIG_HOME", ".config")


def config_file() -> Path:
    """config.toml in the XDG folder."""
    return config_home() / "iqsd" / "config.toml"


def data_folder() -> Path:
    """The folder for what the user brings, in the XDG data folder: `models/` in it holds the user's own models."""
    return _xdg("XDG_DATA_HOME", ".local/share") / "iqsd"


def journal_file() -> Path:
    """The journal, in iqsd's folder in the XDG state folder."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "iqsd" / "journal.db"


def pictures_folder() -> Path:
    """The user's XDG pictures folder; `~/Pictures` if user-dirs.dirs names none."""
    home = _home()
    try:
        text = (config_home() / "user-dirs.dirs").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    match = re.search(r'^XDG_PICTURES_DIR="([^\0\n]+)"$', text, re.MULTILINE)
    named = Path(match[1].replace("$HOME", str(home))) if match else home
    return home / "Pictures" if named == home or not named.is_absolute() else named  # the home folder itself means none


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise ConfigError("this user has no home folder", advice="set HOME") from None


def _xdg(variable: str, fallback: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else _home() / fallback
