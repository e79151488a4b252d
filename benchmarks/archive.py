"""Archives: `python -m benchmarks.archive`, in a checkout. The real `iqsd rescan` on a million photos.

The photos are small real JPEGs, each a file of its own beside a real sidecar; a tenth of them lie in one folder, the
others a thousand to a folder. The journal is filled through `Journal.put` with what a real run recorded for such a
photo, and with each file's own size, date and inode. The result is the section "Archives" of benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks import report
from benchmarks.measure import HERE, Run, fresh_home, run
from benchmarks.sections import ARCHIVES, with_section
from iqsd.details import Details
from iqsd.journal import Entry, Journal
from iqsd.photos.finding import Signature

_IN_A_FOLDER = 1000
_KINDS = 10


@dataclass(frozen=True)
class Archive:
    """What was measured: one run over all photos, two over the sample, and the size of the large journal in MB."""

    photos: int
    known: Run
    sample: int
    rebuilt: Run
    rated: Run
    journal: float


def main() -> None:
    arguments = _arguments()
    if arguments.work is not None:
        arguments.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="iqsd-archive-", dir=arguments.work) as work:
        measured = _measure(Path(work).resolve(), arguments.photos, arguments.sample)
    page = Path(arguments.output) / "RESULTS.md"
    command = shlex.join(["python", "-m", "benchmarks.archive", *sys.argv[1:]])
    text = _section(measured, command)
    page.write_text(with_section(page.read_text("utf-8"), ARCHIVES, text), "utf-8")
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1_000_000, help="photos in the archive (default: %(default)s)")
    parser.add_argument("--sample", type=int, default=2_000, help="photos of the other runs (default: %(default)s)")
    parser.add_argument("--work", type=Path, help="where to make it; a million photos take 8 GB and 2 million inodes")
    parser.add_argument("--output", default=HERE, help="where RESULTS.md is (default: beside this file)")
    return parser.parse_args()


def _measure(work: Path, photos: int, sample: int) -> Archive:
    home, environment = work / "home", fresh_home(work / "home")
    journal = home / "state" / "iqsd" / "journal.db"
    print(f"a first run over {sample} photos ...", flush=True)
    _make(work / "first", sample, {})
    rated = _rescan(work / "first", environment, "rated", sample)
    patterns = _patterns(work / "first", journal)
    print(f"a run without a journal over {sample} photos ...", flush=True)
    shutil.rmtree(journal.parent)
    rebuilt = _rescan(work / "first", environment, "unchanged", sample)
    print(f"making {photos} photos ...", flush=True)
    _make(work / "archive", photos, {name: one.sidecar for name, one in patterns.items()})
    print("filling the journal ...", flush=True)
    _fill(journal, work / "archive", patterns)
    print(f"a run over {photos} known photos ...", flush=True)
    known = _rescan(work / "archive", environment, "unchanged", photos)
    return Archive(photos, known, sample, rebuilt, rated, journal.stat().st_size / 1e6)


def _rescan(folder: Path, environment: dict[str, str], word: str, photos: int) -> Run:
    """Run and measure `iqsd rescan`; its summary must say that all photos became `word`."""
    summary = folder.with_suffix(".txt")
    with summary.open("w") as out:
        took = run([sys.executable, "-m", "iqsd", "rescan", str(folder)], environment, out)
    last = summary.read_text("utf-8").splitlines()[-1]
    if not re.search(rf"(^|\s){photos:,} {word}\b", last):
        raise RuntimeError(f"{photos} should be {word}, but: {last}")
    print(f"  {photos / took.wall:.0f} photos/s, {took.cpu:.1f} s CPU, {took.memory:.0f} MB", flush=True)
    return took


def _make(folder: Path, count: int, sidecars: dict[str, bytes]) -> None:
    """Make photos of ten kinds, whose names say which kind, and their sidecars if there are any."""
    data = [_tiny(kind) for kind in range(_KINDS)]
    last = ""
    for number in range(count):
        name = f"DSC_{number:07}_{number % _KINDS}.jpg"
        where = _folder_of(folder, number, count)
        if where != last:
            Path(where).mkdir(parents=True, exist_ok=True)
            last = where
        with open(f"{where}/{name}", "wb") as file:  # noqa: PTH123
            file.write(data[number % _KINDS])
        if sidecars:
            with open(f"{where}/{name}.xmp", "wb") as file:  # noqa: PTH123
                file.write(sidecars[str(number % _KINDS)])


def _folder_of(root: Path, number: int, count: int) -> str:
    if number < count // 10:
        return f"{root}/phone"
    chapter = number // _IN_A_FOLDER
    return f"{root}/{2000 + chapter // 40}/{chapter % 40:02}"


def _tiny(kind: int) -> bytes:
    pixels = np.random.default_rng(kind).integers(0, 255, (64, 64, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", cv2.GaussianBlur(pixels, (5, 5), 0))[1])


@dataclass(frozen=True)
class _Pattern:
    sidecar: bytes
    entry: Entry
    details: Details


def _patterns(folder: Path, journal: Path) -> dict[str, _Pattern]:
    """What the real run wrote beside one photo of each kind, and what it recorded of it."""
    found: dict[str, _Pattern] = {}
    with Journal(journal) as known:
        for photo in sorted(folder.rglob("*.jpg"))[:_KINDS]:
            entry, details = known.get(photo), known.detail(photo)
            if entry is None or details is None:
                raise RuntimeError(f"{photo} is not in the journal")
            found[photo.stem[-1]] = _Pattern(photo.with_name(f"{photo.name}.xmp").read_bytes(), entry, details)
    return found


def _fill(journal: Path, root: Path, patterns: dict[str, _Pattern]) -> None:
    with Journal(journal) as known:
        for photo, status, sidecar in _files(root):
            pattern = patterns[photo.stem[-1]]
            entry = pattern.entry._replace(
                photo=Signature(status.st_size, status.st_mtime_ns),
                sidecar=Signature(sidecar.st_size, sidecar.st_mtime_ns),
                assessment=pattern.details.assessment,
                inode=status.st_ino,
                changed_ns=status.st_ctime_ns,
            )
            known.put(photo, entry, pattern.details.capture, pattern.details.look)
        for folder in known.groups.unsettled():
            known.groups.settle(folder, -math.inf, math.inf)


def _files(root: Path) -> Iterator[tuple[Path, os.stat_result, os.stat_result]]:
    for folder, below, names in os.walk(root):
        below.sort()
        for name in sorted(names):
            if name.endswith(".jpg"):
                photo = Path(folder, name)
                yield photo, photo.stat(), os.stat(f"{photo}.xmp")  # noqa: PTH116


def _section(measured: Archive, command: str) -> str:
    day = datetime.datetime.now(datetime.timezone.utc).date()
    rows = (
        ("every photo is known", measured.photos, measured.known),
        ("the journal is lost: every sidecar is read, no photo", measured.sample, measured.rebuilt),
        ("no photo is known: every one is judged (64 x 64 pixels)", measured.sample, measured.rated),
    )
    table = "".join(
        f"| {what} | {photos:,} | {took.wall:.1f} s | {took.cpu:.1f} s | {1e6 * took.cpu / photos:.0f} µs | "
        f"{took.memory:.0f} MB |\n"
        for what, photos, took in rows
    )
    return (
        f"{ARCHIVES}\n\n`{command}`, {day}, on {report.processor()}, Python {platform.python_version()}.\n\n"
        f"`iqsd rescan` on a made archive: a tenth of the photos are in one folder, the others {_IN_A_FOLDER} "
        "to a folder, each with a\nsidecar. The file system's cache is warm. The journal of "
        f"{measured.photos:,} photos takes up {measured.journal:.0f} MB.\n\n"
        "| run | photos | time | CPU | CPU a photo | peak memory |\n| --- | ---: | ---: | ---: | ---: | ---: |\n"
        f"{table}"
    )


if __name__ == "__main__":
    main()
