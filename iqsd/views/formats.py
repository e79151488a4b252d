"""`iqsd formats`: which library reads what."""

from __future__ import annotations

from collections.abc import Iterator

from iqsd.photos.formats import FORMATS


def format_lines() -> Iterator[str]:
    """The table of formats: name, library, what is read, suffixes."""
    for entry in FORMATS:
        needs = entry.needs
        state = f"{needs.name} {needs.version}" if needs.is_installed else f"not installed: {needs.install}"
        yield f"{entry.name:8} {state}"
        yield f"{'':8} reads {entry.how}"
        yield f"{'':8} {' '.join(entry.suffixes)}"
