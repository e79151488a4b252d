"""KDE's ini dialect, as far as needed to read a key as KDE does and to change it without touching another byte.

Groups may be split into several pieces, and keys may occur several times: the last one counts. After a name, `[$i]`
marks what the administrator has locked (alone on a line: the whole file; after a group: the group), `[$d]` deletes a
key, `[$e]` expands its value, `[de]` is the same key in German. What cannot be understood is skipped, as KDE does.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_HEADER = re.compile(r"(?:\[[^\]]*\])+")
_PART = re.compile(r"\[([^\]]*)\]")
_KEY = re.compile(r"(?P<name>[^\[]*?)\s*(?P<marks>(?:\[[^\]]*\])*)\s*", re.ASCII)
_LOCKED = "$i"
_ESCAPED = {"s": " ", "t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
_SPACE = " \t\r\n\v\f"  # of bytes; `str.strip` would take more, even parts of letters


@dataclass(frozen=True)
class _Line:
    """A line that means something: a group's header (no key), or a key in that group."""

    number: int
    group: tuple[str, ...]
    key: str | None = None
    value: str | None = None
    locked: bool = False


class KConfig:
    """The content of one file.

    Args:
        data: its bytes; whatever their encoding, they come out as they went in.
    """

    def __init__(self, data: bytes) -> None:
        self._lines = re.findall(r"[^\n]*\n|[^\n]+", data.decode("latin-1"))
        self._said = _parse(self._lines)

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        return "".join(self._lines).encode("latin-1")

    def has_group(self, group: str) -> bool:
        """Whether the group is there."""
        return any(line.group == (group,) for line in self._said)

    def get(self, group: str, key: str) -> str | None:
        """The key's value; None if it is not set."""
        entry = self._entry(group, key)
        return None if entry is None else entry.value

    def path(self, group: str, key: str) -> Path | None:
        """The path that the key is set to, as KDE reads it: with escapes and `$HOME` resolved."""
        text = self.get(group, key)
        if not text:
            return None
        plain = re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[0]), text)
        return Path(os.path.expandvars(os.fsdecode(plain.encode("latin-1")))).expanduser()

    def is_locked(self, group: str, key: str) -> bool:
        """Whether the file itself says that the key may not be changed."""
        return any(
            line.locked and (line.group == () or (line.group == (group,) and line.key in (None, key)))
            for line in self._said
        )

    def with_value(self, group: str, key: str, value: str) -> KConfig:
        """The same file with this key set; all other bytes stay as they are."""
        entry = self._entry(group, key)
        lines = list(self._lines)
        if entry is None:
            self._insert(lines, group, f"{key}={value}")
        elif entry.value is None:
            lines[entry.number] = f"{key}={value}{_end(lines[entry.number])}"
        else:
            head, equals, tail = lines[entry.number].partition("=")
            space = tail[: len(tail) - len(tail.lstrip(_SPACE))] if entry.value else ""
            lines[entry.number] = f"{head}{equals}{space}{value}{_end(tail)}"
        return KConfig("".join(lines).encode("latin-1"))

    def _entry(self, group: str, key: str) -> _Line | None:
        """The line that counts: the first locked one, or else the last one."""
        found = None
        for line in self._said:
            if line.group == (group,) and line.key == key:
                found = line
                if line.locked:
                    break
        return found

    def _insert(self, lines: list[str], group: str, text: str) -> None:
        """Insert a line after the group's last one, before any empty lines, or in a new group at the file's end."""
        end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += end
        mine = [line.number for line in self._said if line.group == (group,)]
        if mine:
            lines.insert(mine[-1] + 1, text + end)
        else:
            lines += [end] * bool(lines) + [f"[{group}]{end}", text + end]


def _parse(lines: list[str]) -> list[_Line]:
    said: list[_Line] = []
    group: tuple[str, ...] = ()
    for number, raw in enumerate(lines):
        text = raw.strip(_SPACE)
        if text.startswith("#"):
            continue
        if text.startswith("["):
            header = _HEADER.match(text)
            if header:
                names = _PART.findall(header[0])
                locked = names[-1] == _LOCKED
                group = tuple(names[:-1] if locked else names)
                said.append(_Line(number, group, locked=locked))
        elif line := _key_line(number, group, text):
            said.append(line)
    return said


def _key_line(number: int, group: tuple[str, ...], text: str) -> _Line | None:
    head, equals, value = text.partition("=")
    match = _KEY.fullmatch(head)
    if not match:
        return None
    marks = _PART.findall(match["marks"])
    if any(not mark.startswith("$") for mark in marks):
        return _Line(number, group, head)  # a translation: a different key to us
    name, options = match["name"].strip(_SPACE), "".join(marks)
    if "d" in options:
        return _Line(number, group, name, None, "i" in options)
    return _Line(number, group, name, value.strip(_SPACE), "i" in options) if equals else None


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
