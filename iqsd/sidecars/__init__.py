"""Sidecars: where they are, whose values are in them, and how iqsd writes its own without touching anything else.

The rules are in docs/sidecars.md. `read` and `write` are on a photo's path; `undo` is the way back;
`decide` writes what a person decided.
"""

from iqsd.sidecars.decide import Decision, decide
from iqsd.sidecars.dialects import Field
from iqsd.sidecars.naming import Naming, sidecar_path
from iqsd.sidecars.options import Options, RejectedAs, WriteTo
from iqsd.sidecars.places import is_jpeg, photo_of
from iqsd.sidecars.reader import State, read
from iqsd.sidecars.record import Record
from iqsd.sidecars.undo import Undone, undo
from iqsd.sidecars.writer import Written, write

__all__ = [
    "Decision",
    "Field",
    "Naming",
    "Options",
    "Record",
    "RejectedAs",
    "State",
    "Undone",
    "WriteTo",
    "Written",
    "decide",
    "is_jpeg",
    "photo_of",
    "read",
    "sidecar_path",
    "undo",
    "write",
]
