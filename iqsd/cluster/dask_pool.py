"""The workers of a Dask cluster from outside: hand out photos, collect answers. The one file that knows Dask.

Dask itself does the rest: a photo whose worker is lost goes to another worker, and after three lost workers it is given
up (Dask's setting `distributed.scheduler.allowed-failures`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from iqsd.cluster import task
from iqsd.cluster.order import Order
from iqsd.errors import ClusterError, IqsdError, UnreadablePhotoError
from iqsd.workers.answer import Answer

CONNECT_SECONDS = 10.0
"""How long the scheduler may take to answer."""

WORKERLESS_SECONDS = 60.0
"""How long the scheduler may be without a worker before the run ends: meanwhile, nannies restart lost ones."""

_AHEAD = 2  # photos for each thread of a worker: the one being judged, and the next
_LOOK_SECONDS = 1.0
_AGAIN = "what was rated stays; run the same command again when it is back"
_T = TypeVar("_T")


class DaskPool:
    """The threads of all workers of a scheduler; workers may come and go.

    Args:
        address: of the scheduler (`tcp://host:8786`).
        model: the .tflite file.
        folders: what will be rated.

    Raises:
        ClusterError: Dask is not installed, the scheduler does not answer, or a worker cannot judge as this iqsd would.
    """

    def __init__(self, address: str, model: Path, folders: Sequence[Path]) -> None:
        try:
            import distributed
        except ImportError:
            raise ClusterError("Dask is not installed", advice="pip install distributed") from None
        self._dask: Any = distributed
        for name in ("distributed", "distributed.client", "distributed.gc"):  # whose levels Dask sets itself
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised as an error
        self._address = address
        self._model, self._folders = model, folders
        self._order = Order.of(model, folders)
        self._given: dict[Any, Path] = {}  # future to photo
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._threads = 0
        self._next_look = 0.0
        self._seen_workers = time.monotonic()
        try:
            # A client would wait forever for a server that is not Dask's.
            asyncio.run(asyncio.wait_for(self._greeting(), CONNECT_SECONDS))
            self._client: Any = self._dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except Exception as error:  # whatever the library for this kind of address raises
            said = str(error) or "it does not answer as a scheduler"
            raise ClusterError(
                f"the scheduler {address} cannot be reached: {said}", advice="start one with `dask scheduler`"
            ) from None

    async def _greeting(self) -> None:
        """Ask the server at the address to identify itself."""
        keys = self._dask.Security().get_connection_args("client")
        async with self._dask.rpc(self._address, connection_args=keys) as other:
            await other.identity()

    def __enter__(self) -> DaskPool:
        """Ask every worker whether it can judge as ordered."""
        try:
            self._greet()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel what is not judged yet; after a complete run, also end the processes that judged on the workers."""
        self._given.clear()
        if error is None:
            with contextlib.suppress(Exception):  # losing the cluster now costs nothing
                self._client.run(task.rest, on_error="ignore")
        self._client.close()

    @property
    def has_room(self) -> bool:
        """Whether `submit` should be called."""
        self._look()
        return len(self._given) < _AHEAD * max(self._threads, 1)

    @property
    def is_busy(self) -> bool:
        """Whether a photo is being judged."""
        return bool(self._given)

    def submit(self, photo: Path) -> None:
        """Hand a photo to the scheduler."""
        data = os.fsencode(photo)
        self._give(self._ask(lambda: self._client.submit(task.judge, self._order, data, pure=False)), photo)

    def collect(self, timeout: float | None) -> list[tuple[Path, Answer]]:
        """The answers that have arrived, after waiting for the first one.

        Args:
            timeout: seconds to wait at most; None: until an answer arrives.

        Raises:
            ClusterError: the scheduler or all workers are lost, or a worker cannot judge as ordered.
            ModelError: a worker cannot load the model.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        answers: list[tuple[Path, Answer]] = []
        while self._given and not answers:
            left = _LOOK_SECONDS if deadline is None else min(_LOOK_SECONDS, deadline - time.monotonic())
            with contextlib.suppress(queue.Empty):
                first = self._done.get(timeout=max(left, 0)) if left > 0 else self._done.get_nowait()
                answers += self._take(first)
            while not self._done.empty():
                answers += self._take(self._done.get())
            self._look()
            if deadline is not None and time.monotonic() >= deadline:
                break
        return answers

    def _greet(self) -> None:
        self._look()
        if not self._threads:
            advice = f"start some with `dask worker {self._address}`"
            raise ClusterError(f"the scheduler {self._address} has no worker", advice=advice)
        said = self._ask(lambda: self._client.run(task.check, self._order, on_error="return"))
        for worker, answer in said.items():
            if isinstance(answer, Exception):
                raise _trouble(answer, f"the worker {worker}")

    def _take(self, future: Any) -> list[tuple[Path, Answer]]:
        """The answer for a photo that is done; none if it has to be judged again."""
        photo = self._given.pop(future)
        if future.status == "error":
            return self._failed(photo, future.exception())
        try:
            return [(photo, future.result(timeout=CONNECT_SECONDS))]
        except self._dask.TimeoutError:  # its worker was lost before it could answer: another has the photo now
            self._give(future, photo)
            return []
        except (OSError, self._dask.CancelledError) as error:
            raise self._lost() from error

    def _failed(self, photo: Path, error: Exception) -> list[tuple[Path, Answer]]:
        if isinstance(error, self._dask.KilledWorker):
            return [(photo, UnreadablePhotoError("the Dask workers that had it were lost one after the other", photo))]
        if isinstance(error, ClusterError) and not os.access(photo, os.R_OK):
            return [(photo, UnreadablePhotoError("can no longer be read", photo))]
        if not isinstance(error, ClusterError) or self._order.unseen() is None:
            raise _trouble(error, "a worker")
        self._order = Order.of(self._model, self._folders)  # the witness was removed, not the storage
        self.submit(photo)
        return []

    def _give(self, future: Any, photo: Path) -> None:
        self._given[future] = photo
        future.add_done_callback(self._done.put)

    def _look(self) -> None:
        """Count the workers' threads from time to time, and give up if there have been none for too long."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_SECONDS
        self._threads = sum(self._ask(self._client.nthreads).values())
        if self._threads:
            self._seen_workers = now
        elif now - self._seen_workers > WORKERLESS_SECONDS:
            raise ClusterError(
                f"the scheduler {self._address} has had no worker for {WORKERLESS_SECONDS:.0f} s", advice=_AGAIN
            )

    def _ask(self, question: Callable[[], _T]) -> _T:
        """Ask a question that fails if the scheduler is lost."""
        try:
            return question()
        except (OSError, RuntimeError, ValueError) as error:
            raise self._lost() from error

    def _lost(self) -> ClusterError:
        return ClusterError(f"the scheduler {self._address} was lost", advice=_AGAIN)


def _trouble(error: Exception, who: str) -> IqsdError:
    """What a worker raised, in words."""
    if isinstance(error, IqsdError):
        return error
    if isinstance(error, ImportError) or "ModuleNotFoundError" in str(error):  # Dask passes it on as text
        return ClusterError(f"{who} does not have this iqsd: {error}", advice="install the same there")
    return ClusterError(f"{who} failed: {type(error).__name__}: {error}", advice="its log may say more")
