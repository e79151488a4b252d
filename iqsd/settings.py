"""One table of every setting: type, default, help, check. config.toml and command-line flags become `Settings` here."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from iqsd.errors import ConfigError
from iqsd.scoring.metadata import Thresholds
from iqsd.sidecars import Naming, Options, RejectedAs, WriteTo

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class _WrongValueError(ValueError):
    """A value that is not allowed; its text says what is."""


def _number(low: float, high: float) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise _WrongValueError(f"must be a number from {low:g} to {high:g}")
        return float(value)

    return check


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _WrongValueError(f"must be a whole number from {low} to {high}")
        return value

    return check


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongValueError("must be true or false")
    return value


def _one_of(kind: type[Enum]) -> Callable[[Any], Enum]:
    def check(value: Any) -> Enum:
        try:
            return kind(value)
        except ValueError:
            raise _WrongValueError(f"must be one of {', '.join(repr(item.value) for item in kind)}") from None

    return check


def _stars(value: Any) -> tuple[float, ...]:
    numbers = isinstance(value, list) and len(value) == 4 and all(type(v) in (int, float) for v in value)
    if not numbers or sorted(value) != value or value[0] < 0 or value[-1] > 100:
        raise _WrongValueError("must be four ascending numbers from 0 to 100: where 2, 3, 4 and 5 stars begin")
    return tuple(float(v) for v in value)


def _folders(value: Any) -> tuple[Path, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
        raise _WrongValueError("must be a list of one or more folders")
    return tuple(Path(v).expanduser() for v in value)


def _file(value: Any) -> Path:
    if not isinstance(value, str) or not value:
        raise _WrongValueError("must be the name of a .tflite file")
    return Path(value).expanduser()


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    Attributes:
        key: `section.name` in config.toml.
        default: as TOML would write it; None where the default comes from elsewhere (`example` shows one then).
        read: checks a TOML value and gives it its type; raises `_WrongValueError`.
        help: one or two sentences for the person who edits the file.
        example: what the commented line shows where there is no fixed default.
    """

    key: str
    default: Any
    read: Callable[[Any], Any]
    help: str
    example: Any = None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "watch.folders",
        None,
        _folders,
        "The folders that `iqsd start` watches, with all below them. Default: your pictures folder.",
        example=["~/Pictures"],
    ),
    Setting(
        "watch.settle_seconds",
        5.0,
        _number(0, 3600),
        "A photo is complete when its size and date have not changed for so long.",
    ),
    Setting(
        "watch.sweep_minutes",
        60.0,
        _number(0.01, 10080),
        "How often to compare what lies on disk with what has been rated, in case an event was lost.",
    ),
    Setting(
        "watch.poll_folders",
        None,
        _folders,
        "Those of the watched folders to compare every few minutes, because other machines write there unseen. Network "
        "mounts (NFS, SMB, sshfs) are recognised and need not be named.",
        example=["~/Pictures/from-the-nas"],
    ),
    Setting(
        "watch.poll_minutes",
        5.0,
        _number(0.01, 1440),
        "How often to compare such folders; less often where that would take more than 2 % of the time.",
    ),
    Setting(
        "rating.reject_below",
        None,
        _number(0, 100),
        "A photo with a score below this (0 to 100) is rejected. Default: the model's own threshold.",
        example=10.0,
    ),
    Setting(
        "rating.accept_from",
        None,
        _number(0, 100),
        "A photo with a score from here on is accepted, unless it has a fault. Default: the model's own.",
        example=70.0,
    ),
    Setting(
        "rating.stars",
        None,
        _stars,
        "The scores from which a photo has 2, 3, 4 and 5 stars. Default: the model's own.",
        example=[20.0, 45.0, 70.0, 90.0],
    ),
    Setting(
        "rating.rejected_as",
        "one-star",
        _one_of(RejectedAs),
        "The rating of a rejected photo: 'one-star', or 'minus-one' (darktable, Bridge and geeqie read -1 as rejected, "
        "digiKam as no rating).",
    ),
    Setting(
        "sidecars.naming",
        "full",
        _one_of(Naming),
        "'full' writes IMG.jpg.xmp (digiKam, darktable and most others), 'base' writes IMG.xmp (Adobe programs, and "
        "digiKam when it is set to compatible names).",
    ),
    Setting(
        "sidecars.colour_label",
        False,
        _yes_or_no,
        "Also show the pick label as a colour label, for programs that know no pick labels: red, yellow, green.",
    ),
    Setting(
        "sidecars.keyword",
        False,
        _yes_or_no,
        "Also show the pick label as a keyword: iqsd/rejected, iqsd/pending or iqsd/accepted.",
    ),
    Setting(
        "sidecars.write",
        "sidecar",
        _one_of(WriteTo),
        "'sidecar' never touches a photo. 'embedded' writes into JPEG files themselves, for catalogs that read nothing "
        "else; their picture data stays bit for bit the same.",
    ),
    Setting(
        "model.file",
        None,
        _file,
        "A TFLite model of your own, with its metadata file (same name, .json) beside it. Default: the one that comes "
        "with iqsd.",
        example="~/models/mine.tflite",
    ),
    Setting(
        "run.jobs",
        None,
        _whole(1, 256),
        "How many photos to judge at the same time. Default: one for each processor core.",
        example=2,
    ),
)


@dataclass(frozen=True)
class Settings:
    """Every setting with its value. None: the default that the table's help names."""

    folders: tuple[Path, ...] | None
    settle_seconds: float
    sweep_minutes: float
    poll_folders: tuple[Path, ...] | None
    poll_minutes: float
    reject_below: float | None
    accept_from: float | None
    stars: tuple[float, float, float, float] | None
    rejected_as: RejectedAs
    naming: Naming
    colour_label: bool
    keyword: bool
    write: WriteTo
    file: Path | None
    jobs: int | None

    def thresholds(self, models: Thresholds) -> Thresholds:
        """The model's thresholds with the user's in their place.

        Raises:
            ConfigError: together they make no sense.
        """
        result = Thresholds(
            models.reject_below if self.reject_below is None else self.reject_below,
            models.accept_from if self.accept_from is None else self.accept_from,
            self.stars or models.stars,
        )
        if result.reject_below > result.accept_from:
            raise ConfigError(
                f"rating.reject_below ({result.reject_below:g}) is above rating.accept_from ({result.accept_from:g})"
            )
        return result

    def options(self) -> Options:
        """How sidecars are named and written."""
        return Options(self.naming, self.colour_label, self.keyword, self.write)

    def watched(self) -> tuple[Path, ...]:
        """The folders to watch: as set, or the XDG pictures folder."""
        return self.folders or (pictures_folder(),)

    def with_flags(self, **flags: Any) -> Settings:
        """The same settings, with those command-line flags that were given (not None) in their place."""
        return replace(self, **{name: value for name, value in flags.items() if value is not None})


def load(path: Path | None = None) -> Settings:
    """Read config.toml; without one, the defaults.

    Args:
        path: the file the user named; None: the one in the XDG place, which need not exist.

    Raises:
        ConfigError: the file (if named) is missing, is no TOML, or has an unknown key or a wrong value.
    """
    file = path or config_file()
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        if path is not None:
            raise ConfigError(
                "there is no such file", file, "`iqsd config init` writes one with every setting"
            ) from None
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file) from None
    return parse(text, file)


def parse(text: str, file: Path) -> Settings:
    """The settings in the text of a config.toml.

    Raises:
        ConfigError: naming the file, the line, the key and what is allowed.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not valid TOML: {error}", file) from None
    values: dict[str, Any] = {s.key: None if s.default is None else s.read(s.default) for s in SETTINGS}
    table = {setting.key: setting for setting in SETTINGS}
    for key, value in _flatten(data, text, file):
        if key not in table:
            names = ", ".join(table)
            raise ConfigError(f"line {_line(text, key)}: unknown key {key!r}; the keys are {names}", file)
        try:
            values[key] = table[key].read(value)
        except _WrongValueError as wrong:
            raise ConfigError(f"line {_line(text, key)}: {key} is {value!r}, {wrong}", file) from None
    return Settings(**{key.split(".")[1]: value for key, value in values.items()})


def document(values: Mapping[str, Any] | None = None) -> str:
    """A commented config.toml with every setting.

    Args:
        values: key to TOML value, for those that are set; the others stand as comments with their default.
    """
    lines = ["# Settings of iqsd. A line that begins with # shows the default.\n"]
    section = ""
    for setting in SETTINGS:
        head, name = setting.key.split(".")
        if head != section:
            lines.append(f"\n[{head}]\n")
            section = head
        lines += [f"# {line}\n" for line in _wrap(setting.help)]
        if values is not None and values.get(setting.key) is not None:
            lines.append(f"{name} = {toml(values[setting.key])}\n")
        else:
            lines.append(f"# {name} = {toml(setting.example if setting.default is None else setting.default)}\n")
    return "".join(lines)


def show(settings: Settings) -> str:
    """The settings in force as a config.toml: what is set or has a fixed default stands, the rest is commented."""
    return document({setting.key: getattr(settings, setting.key.split(".")[1]) for setting in SETTINGS})


def config_file() -> Path:
    """config.toml in the XDG place."""
    return _xdg("XDG_CONFIG_HOME", ".config") / "iqsd" / "config.toml"


def state_folder() -> Path:
    """Where the journal lies: iqsd's folder in the XDG state place."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "iqsd"


def journal_file() -> Path:
    """The journal."""
    return state_folder() / "journal.db"


def pictures_folder() -> Path:
    """The user's XDG pictures folder, `~/Pictures` where user-dirs.dirs names none."""
    home = Path.home()
    try:
        text = (_xdg("XDG_CONFIG_HOME", ".config") / "user-dirs.dirs").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    match = re.search(r'^XDG_PICTURES_DIR="(.+)"$', text, re.MULTILINE)
    return Path(match[1].replace("$HOME", str(home))) if match else home / "Pictures"


def _xdg(variable: str, fallback: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / fallback


def _flatten(data: Mapping[str, Any], text: str, file: Path) -> list[tuple[str, Any]]:
    sections = {setting.key.split(".")[0] for setting in SETTINGS}
    flat: list[tuple[str, Any]] = []
    for section, inner in data.items():
        if section not in sections:
            raise ConfigError(
                f"line {_line(text, section)}: unknown section or key {section!r}; "
                f"the sections are {', '.join(sorted(sections))}",
                file,
            )
        if not isinstance(inner, dict):
            raise ConfigError(f"line {_line(text, section)}: {section} is a section: write [{section}]", file)
        flat += [(f"{section}.{name}", value) for name, value in inner.items()]
    return flat


def _line(text: str, key: str) -> int:
    """The line where a key stands, as a person counts; its last part is searched for, within its section."""
    section, _, name = key.rpartition(".")
    inside = not section
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]\s]+)", line)
        if header:
            if not section and header[1].split(".")[0] == name:
                return number
            inside = not section or header[1] == section
        elif re.match(rf"""\s*(?:{re.escape(section)}\.)?["']?{re.escape(name)}["']?\s*[=.]""", line) and (
            inside or section in line
        ):
            return number
    return 1


def toml(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    text = str(getattr(value, "value", value))
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, 96)
