"""Damaged files through the real reader in a process with a worker's limits: pixels or one line, and nothing else.

The set is small and always the same; `python -m tests.formats.test_fuzz FILE...` tries more, on files of your own.
"""

from __future__ import annotations

import random
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.formats import FORMATS
from iqsd.photos.reading import read_pixels
from tests.formats.making import MAKERS, dng, jpeg, photograph, with_preview

WANTED = (100, 100)
NUMBERS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\xff\xff")


def mutations(data: bytes, count: int, seed: str) -> Iterator[bytes]:
    """Cut off, bits flipped, wrong sizes and offsets, bytes scattered all over, stretches lost or doubled."""
    chance = random.Random(seed)
    for number in range(count):
        broken = bytearray(data)
        head = min(len(broken), chance.choice((64, 512, 4096)))
        if number % 5 == 0:
            del broken[chance.randrange(1, len(broken)) :]
        elif number % 5 == 1:
            for _ in range(chance.choice((1, 3, 20))):
                broken[chance.randrange(head)] ^= 1 << chance.randrange(8)
        elif number % 5 == 2:
            for _ in range(chance.choice((1, 2, 6))):
                at = chance.randrange(head)
                broken[at : at + 4] = chance.choice(NUMBERS)
        elif number % 5 == 3:
            for _ in range(chance.choice((10, 200))):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        else:
            at, length = chance.randrange(len(broken)), chance.randrange(1, 4000)
            broken[at : at + length] = chance.choice((b"", bytes(length), broken[:length]))
        yield bytes(broken)


def try_all(paths: list[Path]) -> None:
    """Read each file; anything but pixels or the one error ends the process."""
    from iqsd.workers.loop import bound_memory

    warnings.simplefilter("error")
    bound_memory()
    for path in paths:
        print(path.name, end=" ", flush=True)  # the last name printed is the one that ended it
        try:
            pixels = read_pixels(path, WANTED)
        except UnreadablePhotoError as error:
            assert "\n" not in str(error)
        else:
            assert pixels.ndim == 3
            assert pixels.shape[2] == 3
        print("is past", flush=True)


BASES = {entry.name: MAKERS[entry.name] for entry in FORMATS if entry.needs.is_installed} | {
    "JPEG with preview": lambda pixels: with_preview(jpeg(photograph(1200, 800)), jpeg(pixels)),
    "progressive JPEG": lambda pixels: jpeg(pixels, progressive=True),
    "RAW with preview": lambda pixels: dng(photograph(300, 200), 6, jpeg(pixels)),
}


@pytest.mark.parametrize("name", BASES)
def test_damaged_files_cost_one_line_each(tmp_path: Path, name: str) -> None:
    for number, data in enumerate(mutations(BASES[name](photograph(390, 260)), 40, name)):
        (tmp_path / f"{number:03}.{name.split()[0].lower()}").write_bytes(data)
    command = [sys.executable, "-m", "tests.formats.test_fuzz", "--as-they-are", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-60:] + done.stderr[-2000:]


def main() -> None:
    if sys.argv[1] == "--as-they-are":
        try_all([Path(name) for name in sys.argv[2:]])
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for original in map(Path, sys.argv[1:]):
            for number, data in enumerate(mutations(original.read_bytes(), 200, original.name)):
                paths.append(Path(folder) / f"{number:03}-{original.name}")
                paths[-1].write_bytes(data)
        try_all(paths)


if __name__ == "__main__":
    main()
