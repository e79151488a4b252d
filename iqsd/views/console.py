"""Standard output as the views see it."""

from __future__ import annotations

from rich.console import Console


def stdout() -> Console:
    """Colours on a terminal unless NO_COLOR is set; in a pipe, no colours and 80 characters wide."""
    return Console(highlight=False, markup=False, emoji=False)
