"""config.toml: read with errors that name file, line and key; written with every setting and its help."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from iqsd.errors import ConfigError
from iqsd.settings.checks import WrongValueError
from iqsd.settings.places import config_file
from iqsd.settings.table import SETTINGS, Settings

MAX_BYTES = 1_000_000
_HEAD = """\
# Settings of iqsd. A line that begins with # shows the default,
# or an example where the default is left to iqsd or to the model.
"""

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def load(path: Path | None = None, jobs: int | None = None) -> Settings:
    """Read config.toml; the defaults, if there is none.

    Args:
        path: the file the user named; None: the one in the XDG folder, which need not exist.
        jobs: replaces the number in the file; None: the file's number applies.

    Raises:
        ConfigError: the file is missing (if named), a broken link or not TOML, or has an unknown key or a wrong value.
    """
    file = path or config_file()
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigError(f"has more than {MAX_BYTES:,} bytes: no config.toml is that large", file)
        text = data.decode("utf-8")
    except FileNotFoundError:
        if path is not None:
            raise ConfigError(
                "there is no such file", file, "`iqsd config init` writes one with every setting"
            ) from None
        if file.is_symlink():  # its disk may be away: the defaults are not what was asked for
            raise ConfigError("is a broken link", file, "repair or remove the link") from None
        text = ""
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", file) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file) from None
    found = parse(text, file)
    return found if jobs is None else replace(found, jobs=jobs)


def parse(text: str, file: Path) -> Settings:
    """The settings from the text of a config.toml.

    Raises:
        ConfigError: naming the file, the line, the key and what is allowed.
    """
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))  # Windows editors start files with this
    except (ValueError, RecursionError) as error:  # also raised for endless numbers and brackets
        raise ConfigError(f"is not valid TOML: {error}", file) from None
    values: dict[str, Any] = {s.key: None if s.default is None else s.read(s.default) for s in SETTINGS}
    table = {setting.key: setting for setting in SETTINGS}
    for key, value in _flatten(data, text, file):
        if key not in table:
            section = key.partition(".")[0]
            names = ", ".join(name for name in table if name.startswith(f"{section}."))
            raise ConfigError(f"line {_line(text, key)}: unknown key {key!r}; [{section}] has {names}", file)
        try:
            values[key] = table[key].read(value)
        except WrongValueError as wrong:
            raise ConfigError(f"line {_line(text, key)}: {key} is {_shown(value)}, {wrong}", file) from None
    return Settings(source=file, **{key.split(".")[1]: value for key, value in values.items()})


def document(values: Mapping[str, Any] | None = None) -> str:
    """A commented config.toml with every setting.

    Args:
        values: key to TOML value, for those that are set; the others are comments with their defaults.
    """
    lines = [_HEAD]
    section = ""
    for setting in SETTINGS:
        head, name = setting.key.split(".")
        if head != section:
            lines.append(f"\n[{head}]\n")
            section = head
        lines += [f"# {line}\n" for line in textwrap.wrap(setting.help, 96)]
        if values is not None and values.get(setting.key) is not None:
            lines.append(f"{name} = {toml(values[setting.key])}\n")
        else:
            lines.append(f"# {name} = {toml(setting.example if setting.default is None else setting.default)}\n")
    return "".join(lines)


def show(settings: Settings) -> str:
    """The settings in force as a config.toml: what is set or has a fixed default is written, the rest commented out."""
    return document({setting.key: getattr(settings, setting.key.split(".")[1]) for setting in SETTINGS})


def _flatten(data: Mapping[str, Any], text: str, file: Path) -> list[tuple[str, Any]]:
    sections = {setting.key.split(".")[0] for setting in SETTINGS}
    flat: list[tuple[str, Any]] = []
    for section, inner in data.items():
        if section not in sections:
            home = next((s.key.split(".")[0] for s in SETTINGS if s.key.split(".")[1] == section), None)
            hint = f"it belongs under [{home}]" if home else f"the sections are {', '.join(sorted(sections))}"
            raise ConfigError(f"line {_line(text, section)}: unknown section or key {section!r}; {hint}", file)
        if not isinstance(inner, dict):
            raise ConfigError(f"line {_line(text, section)}: {section} is a section: write [{section}]", file)
        flat += [(f"{section}.{name}", value) for name, value in inner.items()]
    return flat


def _line(text: str, key: str) -> int:
    """The line of a key, counted from 1: that of its last part within its section, or else that of the section."""
    section, _, name = key.rpartition(".")
    wanted = rf"""["']?{re.escape(name)}["']?\s*[=.]"""
    inside = not section
    for number, line in enumerate(text.split("\n"), 1):
        header = re.match(r"\s*\[+\s*([^\]\s]+)", line)
        if header:
            heading = re.sub("[\"']", "", header[1])
            if not section and heading.split(".")[0] == name:
                return number
            inside = heading == section
        elif re.match(rf"\s*{'' if inside else re.escape(section) + '[.]'}{wanted}", line):
            return number
    return _line(text, section) if section else 1


def _shown(value: object) -> str:
    try:
        return toml(value)
    except ValueError:
        return "a number with thousands of digits"


def toml(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return json.dumps(str(getattr(value, "value", value)), ensure_ascii=False).replace("\x7f", "\\u007f")
