"""A crew whose first process gets one worker and is refused all others; the file given as argument records each."""

import errno
import os
import time
from pathlib import Path

from iqsd.workers.loop import Work, serve

real, left = os.fork, [1]
record: list[Path] = []


def fork() -> int:
    with record[0].open("a") as file:
        file.write("asked\n")
    if not left:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    left.pop()
    return real()


def prepare(argument: str) -> Work:
    record.append(Path(argument))

    def work(photo: Path) -> str:
        time.sleep(0.02)  # so that a second would help
        return photo.name

    return work


if __name__ == "__main__":
    os.fork = fork
    serve(prepare)
