"""RESULTS.md is written by more than one command: each leaves the sections of the others as they are."""

from __future__ import annotations

ARCHIVES = "## Archives"


def section(page: str, title: str) -> str:
    """A section with its title, up to the next one; empty if the page does not have it."""
    begin = page.find(f"{title}\n")
    if begin < 0:
        return ""
    end = page.find("\n## ", begin)
    return page[begin:] if end < 0 else page[begin : end + 1]


def with_section(page: str, title: str, text: str) -> str:
    """The page with a section in place of the one it had, or at the end."""
    last = section(page, title)
    return page.replace(last, text) if last else f"{page.rstrip()}\n\n{text}" if text else page
