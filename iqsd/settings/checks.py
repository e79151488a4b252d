"""What a value in config.toml may be: each check gives the value its type or says what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any


class WrongValueError(ValueError):
    """A value that is not allowed; its text says what is."""


def number(low: float, high: float) -> Callable[[Any], float]:
    """Numbers from low to high."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise WrongValueError(f"must be a number from {low:g} to {high:g}")
        return float(value)

    return check


def whole(low: int, high: int) -> Callable[[Any], int]:
    """Whole numbers from low to high."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise WrongValueError(f"must be a whole number from {low} to {high}")
        return value

    return check


def yes_or_no(value: Any) -> bool:
    """Check that it is true or false."""
    if not isinstance(value, bool):
        raise WrongValueError("must be true or false")
    return value


def one_of(kind: type[Enum]) -> Callable[[Any], Enum]:
    """One of the values of an enumeration."""

    def check(value: Any) -> Enum:
        try:
            return kind(value)
        except ValueError:
            raise WrongValueError(f"must be one of {', '.join(repr(item.value) for item in kind)}") from None

    return check


def stars(value: Any) -> tuple[float, ...]:
    """Four ascending scores."""
    numbers = isinstance(value, list) and len(value) == 4 and all(type(v) in (int, float) for v in value)
    if not numbers or sorted(value) != value or not all(0 <= v <= 100 for v in value):  # nan is not
        raise WrongValueError("must be four ascending numbers from 0 to 100: where 2, 3, 4 and 5 stars begin")
    return tuple(float(v) for v in value)


def folders(value: Any) -> tuple[Path, ...]:
    """One or more folders; `~` is the home folder."""
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
        raise WrongValueError("must be a list of one or more folders")
    return tuple(map(_expanded, value))


def file(kind: str) -> Callable[[Any], Path]:
    """The name of a file of this kind; `~` is the home folder."""

    def check(value: Any) -> Path:
        if not isinstance(value, str) or not value:
            raise WrongValueError(f"must be the name of {kind}")
        found = _expanded(value)
        if not found.name:  # "." or "/"
            raise WrongValueError(f"must be the name of {kind}, not of a folder")
        return found

    return check


def _expanded(name: str) -> Path:
    if "\0" in name:
        raise WrongValueError("contains a character that no file name can have")
    try:
        found = Path(name).expanduser()
    except RuntimeError:
        raise WrongValueError(f"names the home of an unknown user: {name}") from None
    if not found.is_absolute():
        raise WrongValueError("must begin with / or ~, because iqsd may be started from any folder")
    return found
