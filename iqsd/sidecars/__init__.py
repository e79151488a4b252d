"""Sidecars: where they lie, whose values stand in them, and how iqsd writes its own without touching anything else.

The rules are in docs/sidecars.md. `read` and `write` are the way of a photo; `undo` is the way back.
"""

from iqsd.sidecars.naming import Naming, sidecar_path
from iqsd.sidecars.options import Options, RejectedAs, WriteTo
from iqsd.sidecars.reader import State, read
from iqsd.sidecars.record import Record
from iqsd.sidecars.undo import Undone, undo
from iqsd.sidecars.writer import Written, write

__all__ = [
    "Naming",
    "Options",
    "Record",
    "RejectedAs",
    "State",
    "Undone",
    "WriteTo",
    "Written",
    "read",
    "sidecar_path",
    "undo",
    "write",
]
