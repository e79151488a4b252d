"""The worker processes from outside: hand out photos, collect answers, survive a worker that dies or hangs."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, TypeVar

from iqsd.errors import IqsdError, ModelError, NoProcessError, UnreadablePhotoError
from iqsd.workers.answer import Judged
from iqsd.workers.nursery import JUDGING, Nursery, nursery_for

Made = TypeVar("Made")
"""What workers make of a photo."""
Own = TypeVar("Own", bound="Crew[Any]")

TIME_LIMIT_SECONDS = 60.0
"""A photo that takes longer has hung its decoder: the worker is killed and the photo is reported."""

LOADING_LIMIT_SECONDS = 60.0
"""A model that takes longer than this to load and to run once is an error, and no photo is blamed for it."""

_NOTICED_WITHIN_SECONDS = 1.0
"""If a timeout is noticed later than this, this process had been stopped (Ctrl-Z), and so had the workers."""

_KILLED_AT_MOST = 3
"""How often the process that loads everything is restarted if it takes too long or is killed, by the kernel when
memory runs out, for example."""

ALONE_SECONDS = 10.0
"""If the system refuses a process, the existing ones do all the work for this long before another is asked for."""

_AHEAD = 2
"""Photos that a worker holds: the current one and the next, so that it never waits while a sidecar is written."""


@dataclass(eq=False)
class _Worker:
    nursery: Nursery
    connection: Connection
    times: int
    pid: int | None = None
    photos: deque[Path] = field(default_factory=deque)
    since: float = field(default_factory=time.monotonic)

    def give(self, photo: Path) -> None:
        """Have it judge a photo after those it already has."""
        if not self.photos:
            self.since = time.monotonic()
        self.photos.append(photo)
        with contextlib.suppress(OSError):  # it has just died: `collect` notices that its connection ended
            self.connection.send_bytes(os.fsencode(photo))

    @property
    def overdue_at(self) -> float:
        """When (monotonic) it will have taken too long for its current photo, or for loading the model first."""
        return self.since + (TIME_LIMIT_SECONDS * self.times if self.pid else LOADING_LIMIT_SECONDS)

    @property
    def died_idle(self) -> bool:
        """Whether it was killed while it had nothing to do, so that no photo is to blame."""
        return bool(self.pid) and not self.photos and self.connection.poll()


class Crew(Generic[Made]):
    """A fixed number of worker processes that make something of photos.

    Args:
        module: the module they are forked from, run with a descriptor and `argument`; it calls
            `iqsd.workers.loop.serve`.
        argument: passed on to the module.
        jobs: how many workers.
        times: by how much to multiply the time that a photo may take to be judged.
    """

    def __init__(self, module: str, argument: str, jobs: int, times: int = 1) -> None:
        self._module = module
        self._argument = argument
        self._jobs = jobs
        self._times = times
        self._workers: list[_Worker] = []
        self._nursery: Nursery | None = None
        self._killed = 0  # how many times in a row before a worker was ready
        self._left: deque[Path] = deque()  # photos of workers that are gone, for the next ones
        self._refused = ""  # why the last worker was not started
        self._alone_until = 0.0

    def __enter__(self: Own) -> Own:
        """Workers start with the first photo, so a run with nothing to do starts none."""
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers at once; what they were judging will be judged next time."""
        for worker in list(self._workers):
            self._bury(worker)
        self._left.clear()
        self._close_nursery()

    @property
    def has_room(self) -> bool:
        """Whether `submit` may be called."""
        return self._may_grow or any(len(worker.photos) < _AHEAD for worker in self._workers)

    @property
    def _may_grow(self) -> bool:
        is_alone = bool(self._workers) and time.monotonic() < self._alone_until
        return len(self._workers) < self._jobs and not is_alone

    @property
    def is_busy(self) -> bool:
        """Whether a photo is being judged."""
        return bool(self._left) or any(worker.photos for worker in self._workers)

    @property
    def busy(self) -> int:
        """How many photos are being judged."""
        return len(self._left) + sum(len(worker.photos) for worker in self._workers)

    def rest(self) -> None:
        """End the workers that have nothing to do; the next photo starts new ones."""
        for worker in [worker for worker in self._workers if worker.pid and not worker.photos]:
            self._bury(worker)
        if not self._workers:
            self._close_nursery()

    @property
    def connections(self) -> Sequence[Connection]:
        """What becomes readable when there is an answer to `collect`."""
        return [worker.connection for worker in self._workers if worker.photos or not worker.pid]

    def next_overdue(self) -> float | None:
        """When (monotonic) the next photo will have taken too long; now if one has no worker; None if there is none."""
        if self._left:
            return time.monotonic()
        return min((worker.overdue_at for worker in self._workers if worker.photos), default=None)

    def warm(self) -> None:
        """Start a worker if there is none, so that the next photo need not wait for it.

        Raises:
            NoProcessError: none can be started.
        """
        if not self._workers:
            self._start()

    def check(self) -> None:
        """Wait until a worker is ready, which, if it judges, means that it has loaded the model and run it once.

        Raises:
            ModelError: the model cannot be used.
            NoProcessError: no worker can be started.
        """
        self.warm()
        while not self._workers[0].pid:
            if not wait([self._workers[0].connection], LOADING_LIMIT_SECONDS):
                raise ModelError(_too_slow(), Path(self._argument))
            self._receive(self._workers[0])
            if self._refused:
                raise NoProcessError(self._refused)
            self.warm()

    def submit(self, photo: Path) -> None:
        """Hand a photo to the worker with the least to do; there must be room (`has_room`).

        Raises:
            NoProcessError: there is no worker, and none can be started.
        """
        for dead in [worker for worker in self._workers if worker.died_idle]:
            self._bury(dead)
        worker = min(self._workers, key=lambda worker: len(worker.photos), default=None)
        if worker is None:
            worker = self._start()
        elif worker.photos and self._may_grow:
            with contextlib.suppress(NoProcessError):  # the existing ones do all the work
                worker = self._start()
        worker.give(photo)

    def map(self, photos: Iterable[Path]) -> Iterator[tuple[Path, Made | UnreadablePhotoError]]:
        """Judge every photo, with the answers in the order of the photos.

        Raises:
            ModelError: the model cannot be loaded.
            NoProcessError: no worker can be started.
        """
        order = list(dict.fromkeys(photos))
        todo = iter(order)
        answers: dict[Path, Made | UnreadablePhotoError] = {}
        for photo in order:
            while photo not in answers:
                while self.has_room and (following := next(todo, None)) is not None:
                    self.submit(following)
                answers.update(self.collect(None))
            yield photo, answers.pop(photo)

    def collect(self, timeout: float | None) -> list[tuple[Path, Made | UnreadablePhotoError]]:
        """The answers that are there, after waiting for the first one.

        Args:
            timeout: seconds to wait at most; None: until there is an answer (or a photo has run out of time).

        Raises:
            ModelError: a worker could not load the model.
            NoProcessError: photos wait, there is no worker, and none can be started. The next call tries again.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        answers: list[tuple[Path, Made | UnreadablePhotoError]] = []
        for idle in [w for w in self._workers if not w.pid and not w.photos and w.connection.poll()]:
            self._receive(idle)  # it is ready; its unread message would wake whoever waits for news again and again
        while self.is_busy and not answers:
            while self._left:
                self.submit(self._left[0])
                self._left.popleft()
            moments = [moment for moment in (deadline, self.next_overdue()) if moment is not None]
            ready = wait(self.connections, max(0.0, min(moments) - time.monotonic()))
            for worker in [w for w in self._workers if w.connection in ready]:
                answers += self._receive(worker)
            answers += self._overdue()
            if self._left and self._refused and not answers and not self._workers:
                raise NoProcessError(self._refused)
            if deadline is not None and time.monotonic() >= deadline:
                break
        return answers

    def _start(self) -> _Worker:
        self._refused = ""
        if self._nursery is not None and not self._nursery.is_alive:
            self._close_nursery()
        try:
            if self._nursery is None:
                self._nursery = nursery_for(self._module, self._argument)
            connection = self._nursery.fork(last=len(self._workers) + 1 >= self._jobs)
        except OSError as error:
            self._note_refusal(error)
            raise NoProcessError(self._refused) from None
        worker = _Worker(self._nursery, connection, self._times)
        self._workers.append(worker)
        return worker

    def _receive(self, worker: _Worker) -> list[tuple[Path, Made | UnreadablePhotoError]]:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            return self._dead(worker)
        if not worker.pid:
            if isinstance(message, IqsdError):
                raise message
            if isinstance(message, OSError):
                self._note_refusal(message)
                self._bury(worker)
                self._left += worker.photos
                return []
            worker.pid, worker.since, self._killed = message, time.monotonic(), 0
            return []
        worker.since = time.monotonic()
        return [(worker.photos.popleft(), message)] if worker.photos else []

    def _note_refusal(self, error: OSError) -> None:
        self._refused = f"no process can be started to judge photos: {error.strerror}"
        self._alone_until = time.monotonic() + ALONE_SECONDS

    def _dead(self, worker: _Worker) -> list[tuple[Path, Made | UnreadablePhotoError]]:
        code = self._bury(worker)
        if not worker.pid:
            return self._never_began(worker)
        how = signal.strsignal(-code) if code < 0 else f"exit code {code}"
        return self._blame(worker, f"its decoder crashed ({how})")

    def _never_began(self, worker: _Worker, why: str = "") -> list[tuple[Path, Made | UnreadablePhotoError]]:
        """Deal with the end of the process that a worker comes from: a model may crash it, or something may kill it.

        Args:
            worker: the worker that is gone.
            why: why it was ended; empty: it ended by itself.
        """
        code = worker.nursery.close()
        if worker.nursery is self._nursery:  # not yet noticed through another of its workers
            self._nursery = None
            self._killed += 1
        if code != -signal.SIGKILL or self._killed > _KILLED_AT_MOST:
            raise ModelError(why or f"the process that loads it ended with code {code}", Path(self._argument))
        self._left += worker.photos
        return []

    def _overdue(self) -> list[tuple[Path, Made | UnreadablePhotoError]]:
        answers: list[tuple[Path, Made | UnreadablePhotoError]] = []
        for worker in list(self._workers):
            late = time.monotonic() - worker.overdue_at
            if not worker.photos or late < 0:
                continue
            if late > _NOTICED_WITHIN_SECONDS:
                worker.since = time.monotonic()
            elif not worker.pid:  # no photo's fault
                self._bury(worker)
                answers += self._never_began(worker, _too_slow())
            else:
                self._bury(worker)
                answers += self._blame(worker, f"took longer than {TIME_LIMIT_SECONDS * self._times:.0f} s to open")
        return answers

    def _blame(self, worker: _Worker, reason: str) -> list[tuple[Path, Made | UnreadablePhotoError]]:
        """Report the photo that ended a worker; those that waited behind it go to a new one."""
        if not worker.photos:
            return []
        culprit, *waiting = worker.photos
        self._left += waiting
        return [(culprit, UnreadablePhotoError(reason, culprit))]

    def _bury(self, worker: _Worker) -> int:
        worker.connection.close()
        self._workers.remove(worker)
        return worker.nursery.end(worker.pid) if worker.pid else 0

    def _close_nursery(self) -> None:
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None


def _too_slow() -> str:
    return f"took longer than {LOADING_LIMIT_SECONDS:.0f} s to load and run once"


class Pool(Crew[Judged]):
    """Workers that judge photos.

    Args:
        model: the .tflite file, which is loaded once.
        jobs: how many workers.
    """

    def __init__(self, model: Path, jobs: int) -> None:
        super().__init__(JUDGING, str(model), jobs)
