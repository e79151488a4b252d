"""When is a file complete? When its size and date have stood still long enough. Pure: the clock is an argument."""

from __future__ import annotations

from pathlib import Path

from iqsd.photos.finding import Photo


class Settling:
    """Photos that may still be growing.

    Args:
        seconds: how long a photo must stand still, on a monotonic clock.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: dict[Path, tuple[Photo, float]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def is_young(self, photo: Photo, now_ns: int) -> bool:
        """Whether it changed so recently that it must be watched for a while first.

        Args:
            photo: as just looked at; its inode's change time counts, because copying programs set the other back.
            now_ns: the wall clock, nanoseconds. A change "in the future" (a clock set back) counts as recent.
        """
        return now_ns - photo.changed_ns < self._seconds * 1e9

    def notice(self, photo: Photo, now: float) -> None:
        """Something was seen of a photo: begin to wait, or begin again if it has changed. `now` is monotonic."""
        known = self._waiting.get(photo.path)
        if known is None or known[0] != photo:
            self._waiting[photo.path] = (photo, now)

    def forget(self, path: Path) -> None:
        """The file is gone, or has been renamed."""
        self._waiting.pop(path, None)

    def due(self, now: float) -> list[Photo]:
        """The photos that have waited long enough, as they were noticed; each wants another look by `confirm`."""
        return [photo for photo, since in self._waiting.values() if now - since >= self._seconds]

    def confirm(self, noticed: Photo, seen: Photo, now: float) -> bool:
        """After that other look: True (and it waits no more) if the photo is as it was, else it waits anew."""
        if seen == noticed:
            del self._waiting[noticed.path]
            return True
        self._waiting[noticed.path] = (seen, now)
        return False

    def next_due(self) -> float | None:
        """When (monotonic) the next photo will be due; None if none is waiting."""
        first = min((since for _, since in self._waiting.values()), default=None)
        return None if first is None else first + self._seconds
