"""What `iqsd rescan` prints on a terminal, above its progress bar, and what goes elsewhere."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import Iqsd, copy_photos

NARROW = 40  # characters


@contextlib.contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal 40 characters wide: the person's side and the program's side."""
    person, program = pty.openpty()
    try:
        fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", 25, NARROW, 0, 0))
        yield person, program
    finally:
        for end in (person, program):
            with contextlib.suppress(OSError):
                os.close(end)


def seen(iqsd: Iqsd, *arguments: str | Path, stdout: int | None = None) -> str:
    """What a person sees when a command runs; its standard output may go elsewhere."""
    with terminal() as (person, program):
        process = subprocess.Popen(
            iqsd.command(*arguments),
            env={**iqsd.environment, "TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            stdout=program if stdout is None else stdout,
            stderr=program,
        )
        os.close(program)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
            while piece := os.read(person, 65536):
                shown += piece
        process.wait(60)
    return shown.decode()


def test_output_sent_to_a_file_arrives_there_while_the_bar_is_on_the_terminal(iqsd: Iqsd, tmp_path: Path) -> None:
    photos = copy_photos(iqsd.pictures, 3)
    for options in (["--json"], []):
        file = tmp_path / "lines"
        with file.open("wb") as lines:
            shown = seen(iqsd, "rescan", "--force", "--dry-run", *options, iqsd.pictures, stdout=lines.fileno())
        written = file.read_text()
        assert all(f"{photo.name}" in written and photo.name not in shown for photo in photos), shown
        assert not options or {json.loads(line)["status"] for line in written.splitlines()} == {"rated"}


def test_json_on_a_terminal_is_json(iqsd: Iqsd) -> None:
    photo = copy_photos(iqsd.pictures, 1)[0]
    photo = photo.rename(photo.with_name("Größe.jpg"))
    first = seen(iqsd, "rescan", "--json", iqsd.pictures).splitlines()[0]
    assert json.loads(first)["path"] == str(photo)


def test_a_line_above_the_bar_is_whole_however_narrow_the_terminal(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 2)
    broken = iqsd.pictures / "a photo with a long name of many words, and empty.jpg"
    broken.touch()
    assert f"iqsd: {broken}: the file is empty" in seen(iqsd, "rescan", iqsd.pictures)
