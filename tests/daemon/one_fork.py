"""A crew whose first process gets one worker and is refused all others; the file given as argument records each."""

import errno
import os
import sys
import time
from pathlib import Path

from iqsd.workers.loop import Work, serve

real, left = os.fork, [1]


def fork() -> int:
    with Path(sys.argv[2]).open("a") as file:
        file.write("asked\n")
    if not left:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    left.pop()
    return real()


def prepare(argument: str) -> Work:
    def work(photo: Path) -> str:
        time.sleep(0.02)  # so that a second would help
        return photo.name

    return work


if __name__ == "__main__":
    os.fork = fork
    serve(prepare)
