"""The process from which a crew's workers are forked, from outside: start it, make it fork, ask how a worker ended."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from iqsd.workers.loop import LAST

JUDGING = "iqsd.workers.process"
"""The module whose workers judge photos."""

_MALLOC = {"arena_max": 1, "mmap_threshold": 4 << 20, "trim_threshold": 1 << 20, "hugetlb": 1}
"""glibc: no memory is reserved for threads, and a picture's memory is returned when it is no longer needed. It comes
in pages of 2 MB if the kernel has them: asking for thousands of small ones takes a tenth of the CPU."""

_ENVIRONMENT = {
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in _MALLOC.items()),
    # NumPy's threads busy-wait for their next matrix product, on cores that other photos need.
    "OPENBLAS_NUM_THREADS": "1",
}

_RUN = f"""
import signal, sys
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
sys.path[:] = [*filter(None, sys.path), {str(Path(__file__).parents[2])!r}]
import runpy
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
"""Like `-m`, with two differences: `-m` would take a `numpy.py` in the current folder for NumPy; and what Ctrl-C, a
closed terminal and `timeout` send reaches the whole group, in which the parent decides what it means."""


class Nursery:
    """Libraries and model are loaded once, here. Workers share that memory, and start in no time.

    It loads the libraries at once, and waits to be told (`tell`) what for.

    Args:
        module: the module to run; it calls `iqsd.workers.loop.serve`.

    Raises:
        OSError: the system does not let the process start.
    """

    def __init__(self, module: str) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _RUN, module, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # C libraries chatter there; what matters comes as an answer
                env={**os.environ, **_ENVIRONMENT},
            )
        except OSError:
            self._control.close()
            raise
        finally:
            theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether it can fork."""
        return self._process.poll() is None

    def tell(self, argument: str) -> None:
        """Say what the workers are to be prepared with, once, before the first is asked for."""
        with contextlib.suppress(OSError):  # the process is dead: the first worker's connection will show it
            self._control.send(os.fsencode(argument))

    def fork(self, last: bool) -> Connection:
        """Ask for a worker; does not wait until everything is loaded.

        Args:
            last: whether this is all for now: what only workers need is then given back, and loaded again if needed.

        Returns:
            the connection to the worker. What is sent waits there; the first answer is its process number, the
            IqsdError that loading ended with, or the OSError that kept it from being forked. If loading crashed, the
            connection ends without an answer.

        Raises:
            OSError: too many files are open.
        """
        ours, theirs = Pipe()
        with contextlib.suppress(OSError):  # the process is dead, and so the connection ends, too
            socket.send_fds(self._control, [LAST if last else b"fork"], [theirs.fileno()])
        theirs.close()
        return ours

    def end(self, worker: int) -> int:
        """Kill a worker if it is still alive; returns its exit code, or minus the signal that ended it."""
        try:
            self._control.send(str(worker).encode())
            return int(self._control.recv(64))
        except (OSError, ValueError):  # this process was killed, and the workers with it
            return -signal.SIGKILL

    def close(self) -> int:
        """End the process and the workers that are left; returns its exit code, or minus the signal that ended it."""
        self._process.kill()
        self._control.close()
        return self._process.wait()


_started: dict[str, Nursery] = {}


def start_early(module: str) -> None:
    """Let the libraries be loaded while this process imports its own, if it is certain to need workers."""
    with contextlib.suppress(OSError):  # whoever needs a worker says so
        _started[module] = Nursery(module)
        atexit.register(_started[module].close)  # the command may end before it needs one


def nursery_for(module: str, argument: str) -> Nursery:
    """The process that was started early, or a new one.

    Args:
        module: see `Nursery`.
        argument: passed on to the module.

    Raises:
        OSError: the system does not let the process start.
    """
    nursery = _started.pop(module, None) or Nursery(module)
    nursery.tell(argument)
    return nursery
