"""What a Dask worker runs. Here too, photos are opened in iqsd's own worker processes, one for each of its threads.

So a decoder that crashes, hangs or takes all memory costs only its photo, not the Dask worker or its other photos.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from iqsd import __version__
from iqsd.cluster.order import CODE, Order
from iqsd.errors import ClusterError, UnreadablePhotoError, printable
from iqsd.workers.answer import Answer
from iqsd.workers.pool import Pool


@dataclass
class _Desk:
    """Where one thread has its photos judged: a process, its model, and a lock that is held while it judges."""

    model: Path
    digest: str
    pool: Pool
    lock: threading.Lock = field(default_factory=threading.Lock)


_own = threading.local()
_desks: list[_Desk] = []


def check(order: Order) -> Path:
    """Check that this machine can judge as ordered.

    Returns:
        the model.

    Raises:
        ClusterError: it has another iqsd or another model, or does not see the folders.
    """
    here = f"the worker on {socket.gethostname()}"
    if order.version != __version__:
        what = f"{here} has iqsd {__version__}, this machine has {order.version}"
        raise ClusterError(what, advice="install the same there")
    if order.code != CODE:
        advice = "install the same there, then restart the worker"
        raise ClusterError(f"{here} has other code of iqsd {__version__} than this machine", advice=advice)
    model = order.model_here()
    if model is None:
        advice = "put it there under the same path, with its metadata beside it"
        raise ClusterError(f"{here} does not have the same model as {printable(order.model)}", advice=advice)
    if (unseen := order.unseen()) is not None:
        advice = "mount the storage there under the same path"
        raise ClusterError(f"{here} does not see {printable(unseen)}", advice=advice)
    return model


_checked = lru_cache(maxsize=8)(check)


def judge(order: Order, photo: bytes) -> Answer:
    """Open a photo and judge it.

    Args:
        order: how.
        photo: its path, as bytes.

    Raises:
        ClusterError: this machine cannot, or can no longer, judge as ordered.
        ModelError: the model cannot be loaded here.
    """
    desk = _desk(_checked(order), order.digest)
    with desk.lock, contextlib.ExitStack() as unless_answered:
        unless_answered.callback(desk.pool.close)  # the answer for a photo left there would be taken for the next one's
        desk.pool.submit(Path(os.fsdecode(photo)))
        ((_, answer),) = desk.pool.collect(None)
        unless_answered.pop_all()
    if isinstance(answer, UnreadablePhotoError):
        check(order)  # the photo may not be to blame: the storage may be gone
        if not os.access(photo, os.R_OK):
            raise ClusterError(
                f"the worker on {socket.gethostname()} cannot read {printable(os.fsdecode(photo))}",
                advice="mount the storage there under the same path, readable for the worker",
            )
    return answer


def rest() -> None:
    """End the processes that are idle."""
    for desk in _desks.copy():
        if desk.lock.acquire(blocking=False):
            try:
                desk.pool.rest()
            finally:
                desk.lock.release()


def _desk(model: Path, digest: str) -> _Desk:
    """This thread's own desk; a new one for another model, even if it is at the same path."""
    desk: _Desk | None = getattr(_own, "desk", None)
    if desk is None or (desk.model, desk.digest) != (model, digest):
        if desk is not None:
            desk.pool.close()
            _desks.remove(desk)
        desk = _own.desk = _Desk(model, digest, Pool(model, jobs=1))
        _desks.append(desk)
    return desk
