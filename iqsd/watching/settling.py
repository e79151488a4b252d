"""When is a file complete? When its size and date have not changed for long enough. Pure: the clock is an argument.

Photos of one name (`IMG.jpg` and `IMG.nef`) wait together, so that what comes with a photo is there before it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from iqsd.photos.finding import Photo

MOST = 10_000
"""At most this many photos wait at a time; the rest are left where they are, for the next sweep."""

WRITER_PATIENCE_SECONDS = 900.0
"""A file that has not changed for this long is taken even if some program has it open for writing."""

_LEAST_SECONDS = 0.05  # whatever the settings say, a file being written is checked again after a pause
_CHANGING_FROM = 5  # times the time that settling should take


@dataclass
class _Group:
    began: float
    since: float
    photos: dict[Path, tuple[Photo, float]] = field(default_factory=dict)


class Settling:
    """Photos that may still be growing.

    Args:
        seconds: how long a photo must stay unchanged, on a monotonic clock.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = max(seconds, _LEAST_SECONDS)
        self._groups: dict[Path, _Group] = {}  # in the order of their `since`
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether no more photos can wait."""
        return self._count >= MOST

    def holds_since(self, moment: float, now: float) -> bool:
        """Whether a photo waits that was noticed by then and is not changing all the time. Both are monotonic."""
        long_ago = now - _CHANGING_FROM * self._seconds
        return any(
            group.began <= moment and (group.began > long_ago or any(at <= moment for _, at in group.photos.values()))
            for group in self._groups.values()
        )

    def is_young(self, photo: Photo, now_ns: int) -> bool:
        """Whether it changed so recently that it must be watched for a while first.

        Args:
            photo: as just looked at; its inode's change time counts, because copying programs set the other time back.
            now_ns: the wall clock, nanoseconds. A change "in the future" (a clock set back) counts as recent.
        """
        return now_ns - photo.changed_ns < self._seconds * 1e9

    def notice(self, photo: Photo, now: float) -> None:
        """Start to wait for a photo, or start again if it has changed. `now` is monotonic."""
        group = self._groups.setdefault(photo.path.with_suffix(""), _Group(now, now))
        known = group.photos.get(photo.path)
        if known is None or known[0] != photo:
            self._count += known is None
            group.photos[photo.path] = (photo, now)
            self._restart(photo.path.with_suffix(""), now)

    def companion(self, path: Path, now: float) -> None:
        """Start to wait again for the photos that a new sidecar may belong to, if they are waiting.

        Args:
            path: the sidecar without its `.xmp`: a photo's name, with or without its suffix.
            now: monotonic.
        """
        for key in (path, path.with_suffix("")):
            if key in self._groups:
                self._restart(key, now)

    def forget(self, path: Path) -> None:
        """Stop waiting for a file that is gone or has been renamed."""
        key = path.with_suffix("")
        group = self._groups.get(key)
        if group is not None and group.photos.pop(path, None) is not None:
            self._count -= 1
            if not group.photos:
                del self._groups[key]

    def due(self, now: float, most: int = MOST) -> list[Photo]:
        """Photos that have waited long enough, as they were noticed; look at each once more and call `confirm`."""
        found: list[Photo] = []
        for group in self._groups.values():
            if now - group.since < self._seconds or len(found) >= most:
                break
            found += [photo for photo, _ in group.photos.values()]
        return found

    def confirm(self, noticed: Photo, seen: Photo, now: float, being_written: bool = False) -> bool:
        """Compare with that look: True (and the wait is over) if the photo has not changed, else it waits again."""
        key = noticed.path.with_suffix("")
        still = now - self._groups[key].photos[noticed.path][1]
        if seen == noticed and (not being_written or still >= WRITER_PATIENCE_SECONDS):
            self.forget(noticed.path)
            return True
        if seen != noticed:
            self._groups[key].photos[noticed.path] = (seen, now)
        self._restart(key, now)
        return False

    def next_due(self) -> float | None:
        """When (monotonic) the next photo will be due; None if none is waiting."""
        first = next(iter(self._groups.values()), None)
        return None if first is None else first.since + self._seconds

    def _restart(self, key: Path, now: float) -> None:
        group = self._groups.pop(key)
        group.since = now
        self._groups[key] = group
