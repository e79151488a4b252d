"""A day of imports in twenty minutes, with kills: `python -m tests.soak [MINUTES]`. Not part of the test run.

A real daemon is observed through its /proc entry while cards are copied in, folders renamed, photos edited, moved and
deleted, and workers and the daemon itself killed. At the end every photo must have its sidecar, no original may have
changed, and memory, file descriptors and threads must not have grown.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import PHOTOS, Iqsd, sidecar, wait_for
from tests.faults.watched import Watched, tiny_photo, workers

Sample = tuple[int, int, int]


class Day:
    """The photos, what is done to them, and how the daemon fares."""

    def __init__(self, home: Path, seed: int) -> None:
        self.iqsd = Iqsd(home)
        self.watched = Watched(self.iqsd, "[watch]\nsettle_seconds = 1\nsweep_minutes = 1\n")
        self.process = self.watched.start()
        self.random = random.Random(seed)
        self.digests: dict[Path, str] = {}
        self.kills = 0
        self.cards = 0
        self.samples: list[list[Sample]] = [[]]

    def act(self) -> None:
        """One thing that happens on such a day."""
        usual: list[Callable[[], None]] = [self.import_card] * 4 + [
            self.edit,
            self.move,
            self.rename_folder,
            self.delete,
        ]
        self.random.choice([*usual, *usual, self.kill_worker, self.kill])()
        time.sleep(self.random.uniform(0.2, 3))
        self.sample()

    def import_card(self) -> None:
        self.cards += 1
        folder = self.iqsd.pictures / f"card{self.cards}" / "DCIM"
        folder.mkdir(parents=True)
        for number in range(self.random.randint(1, 60)):
            self.write(folder / f"IMG_{number:04}.jpg")

    def write(self, photo: Path) -> None:
        real = self.random.random() < 0.1
        data = self.random.choice(PHOTOS).read_bytes() if real else tiny_photo(self.random.randint(0, 999))
        temporary = photo.with_name(f".{photo.name}.part")
        temporary.write_bytes(data)
        temporary.rename(photo)
        self.digests[photo] = hashlib.sha256(data).hexdigest()

    def some(self, most: int) -> list[Path]:
        return self.random.sample(sorted(self.digests), min(most, len(self.digests)))

    def edit(self) -> None:
        for photo in self.some(5):
            self.write(photo)

    def move(self) -> None:
        for photo in self.some(10):
            new = photo.with_name(f"moved{self.random.getrandbits(40)}.jpg")
            photo.rename(new)
            self.digests[new] = self.digests.pop(photo)

    def rename_folder(self) -> None:
        for photo in self.some(1):
            old = photo.parent.parent
            new = old.with_name(f"renamed{self.random.getrandbits(40)}")
            old.rename(new)
            self.digests = {
                new / p.relative_to(old) if p.is_relative_to(old) else p: d for p, d in self.digests.items()
            }

    def delete(self) -> None:
        for photo in self.some(10):
            photo.unlink()
            sidecar(photo).unlink(missing_ok=True)
            del self.digests[photo]

    def kill_worker(self) -> None:
        for worker in workers(self.process.pid)[:1]:
            os.kill(worker, signal.SIGKILL)

    def kill(self) -> None:
        self.kills += 1
        self.process.kill()
        self.process.wait()
        self.process = self.watched.start()
        self.samples.append([])

    def sample(self) -> None:
        """Memory in MB, descriptors and threads of the daemon."""
        process = Path(f"/proc/{self.process.pid}")
        fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
        memory = int(fields["VmRSS"].split()[0]) // 1024
        self.samples[-1].append((memory, len(list((process / "fd").iterdir())), int(fields["Threads"])))

    def check(self) -> None:
        """Check that every photo is rated, no original has changed, and nothing has been left behind."""
        wait_for(lambda: all(sidecar(photo).exists() for photo in self.digests), 300)
        for photo, digest in self.digests.items():
            assert hashlib.sha256(photo.read_bytes()).hexdigest() == digest, photo
        assert "Traceback" not in self.iqsd.log.read_text()
        assert not [p for p in self.iqsd.pictures.rglob(".iqsd*") if p.is_file()]


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = int(time.time())
    with tempfile.TemporaryDirectory(prefix="iqsd-soak-") as folder:
        day = Day(Path(folder) / "home", seed)
        print(f"seed {seed}, {minutes:g} minutes")
        end = time.monotonic() + minutes * 60
        try:
            while time.monotonic() < end:
                day.act()
            day.check()
            for _ in range(5):
                day.sample()
                time.sleep(1)
        finally:
            day.iqsd.end()
        print(f"{len(day.digests)} photos, {day.cards} cards, the daemon killed {day.kills} times")
        for life in day.samples:
            if len(life) > 10:
                late = life[len(life) // 2 :]
                print(
                    "memory, descriptors, threads: first",
                    life[0],
                    "last",
                    life[-1],
                    "most",
                    tuple(map(max, zip(*life, strict=True))),
                )
                assert max(s[0] for s in late) < 120, "memory"
                assert max(s[1] for s in late) <= max(s[1] for s in life[:10]) + 6, "file descriptors"
                assert len({s[2] for s in life}) == 1, "threads"


if __name__ == "__main__":
    main()
