"""The progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BAR_SECONDS = 0.1


@contextmanager
def progress(total: Callable[[], int] | None) -> Iterator[Callable[[], None]]:
    """A bar with rate and remaining time on a terminal, nothing elsewhere.

    Args:
        total: counts the photos; called only if there is a terminal to show the bar on. None: show nothing.

    Yields:
        what to call after each photo.
    """
    if total is None or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("remaining"),
        TimeRemainingColumn(),
    )
    # Lines above the bar are not wrapped, so that a path can be copied; other output goes where it was sent.
    console = Console(stderr=True, soft_wrap=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task("", total=total(), rate="")

        done, shown = 0, time.monotonic()

        def show() -> None:
            bar.update(task, completed=done)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:.0f} photos/s" if speed else "")

        def advance() -> None:
            nonlocal done, shown
            done += 1
            if time.monotonic() - shown >= _BAR_SECONDS:  # known photos come at ten thousand a second
                show()
                shown = time.monotonic()

        yield advance
        show()
