"""A JSON object read key by key; whatever is wrong with it is reported under the name of its key."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any


class WrongKeyError(Exception):
    """A key, and what is wrong with it."""


class JsonReader:
    """A JSON object that names the key in every complaint.

    Args:
        data: what was read from the file.
        where: the name of the object; empty for the whole file.

    Raises:
        WrongKeyError: from every method: the key is missing, or its value is not of the kind asked for.
    """

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            raise WrongKeyError(f"{where or 'the file'}: must be an object")
        self._data: dict[str, Any] = data
        self._where = where

    def key(self, name: str) -> str:
        """The full name of a key, as a complaint gives it."""
        return f"{self._where}.{name}" if self._where else name

    def has(self, name: str) -> bool:
        """Whether the key exists."""
        return name in self._data

    def _raw(self, name: str) -> Any:
        if name not in self._data:
            raise WrongKeyError(f"{self.key(name)}: is missing")
        return self._data[name]

    def text(self, name: str, allowed: tuple[str, ...] | None = None, default: str | None = None) -> str:
        """A text; with a `default`, the key may be missing."""
        value = default if default is not None and not self.has(name) else self._raw(name)
        if not isinstance(value, str) or (allowed is not None and value not in allowed):
            wanted = f"one of {', '.join(allowed)}" if allowed else "text"
            raise WrongKeyError(f"{self.key(name)}: is {value!r}, must be {wanted}")
        return value

    def name(self, name: str) -> str:
        """A text that can be printed."""
        value = self.text(name)
        if not value or not value.isprintable():  # it is printed in sidecars, file names and on terminals
            raise WrongKeyError(f"{self.key(name)}: is {value!r}, must be a printable name")
        return value

    def count(self, name: str, lowest: int, highest: int) -> int:
        """A whole number within bounds."""
        value = self._raw(name)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise WrongKeyError(f"{self.key(name)}: is {value!r}, must be a whole number from {lowest} to {highest}")
        return value

    def numbers(self, name: str, length: int | None) -> tuple[float, ...]:
        """A list of numbers: exactly `length` of them, or at least one (None)."""
        value = self._raw(name)
        fits = isinstance(value, list) and all(_is_number(v) for v in value)
        if not fits or (length is not None and len(value) != length) or not value:
            raise WrongKeyError(f"{self.key(name)}: must be a list of {length or 'one or more'} numbers")
        return tuple(float(v) for v in value)

    def ascending(self, name: str, length: int | None) -> tuple[float, ...]:
        """A list of numbers in which none is below the one before."""
        value = self.numbers(name, length)
        if any(b < a for a, b in pairwise(value)):
            raise WrongKeyError(f"{self.key(name)}: must ascend")
        return value

    def number(self, name: str) -> float:
        """A number."""
        value = self._raw(name)
        if not _is_number(value):
            raise WrongKeyError(f"{self.key(name)}: is {value!r}, must be a number")
        return float(value)

    def texts(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """A list of at least one of the allowed texts."""
        value = self._raw(name)
        if not isinstance(value, list) or not value or any(v not in allowed for v in value):
            raise WrongKeyError(f"{self.key(name)}: must be a list of {', '.join(allowed)}")
        return tuple(value)

    def below(self, name: str) -> JsonReader:
        """An object."""
        return JsonReader(self._raw(name), self.key(name))

    def each(self, name: str) -> list[JsonReader]:
        """A list of at least one object."""
        value = self._raw(name)
        if not isinstance(value, list) or not value:
            raise WrongKeyError(f"{self.key(name)}: must be a list of one or more objects")
        return [JsonReader(item, f"{self.key(name)}[{i}]") for i, item in enumerate(value)]

    def table(self, name: str, read: Callable[[JsonReader, str], Any]) -> dict[str, Any]:
        """An object with any keys, each read in the same way."""
        inner = self.below(name)
        return {key: read(inner, key) for key in inner._data}


def _is_number(value: object) -> bool:
    """Whether it is a number as in JSON: Python also reads infinity, NaN, and integers that no float can hold."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
