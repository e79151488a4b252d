"""How readers of files ask for the parts that they need."""

from __future__ import annotations

from collections.abc import Callable

Read = Callable[[int, int], bytes]
"""(offset, length) -> the bytes that are there."""


def reader(data: bytes) -> Read:
    """Reads from bytes that are in memory."""
    return lambda at, length: data[at : at + length]
