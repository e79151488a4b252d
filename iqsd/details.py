"""What the journal keeps of a photo beside its entry, and how it is stored: small, and readable without NumPy."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from iqsd.bursts.membership import Kind, Membership
from iqsd.photos.capture import Capture
from iqsd.scoring.assessment import Assessment


@dataclass(frozen=True)
class Details:
    """All that is known of one photo that was judged.

    Attributes:
        assessment: with distributions (three decimals) and embedding (16 bits a value) where they are known: a journal
            that was rebuilt from sidecars, or started by an older iqsd, does not have them. None: it was never judged.
        capture: how it was taken; None: not known, for the same reasons.
        group: its place among the frames that belong together with it; None: it stands alone.
        look: what it looks like from afar (`iqsd.bursts.look`); None: not known.
    """

    assessment: Assessment | None
    capture: Capture | None = None
    group: Membership | None = None
    look: bytes | None = None


def to_row(assessment: Assessment, capture: Capture | None) -> tuple[bytes | None, str | None, str | None]:
    """Embedding, distributions and capture as they are stored; None for what is not known."""
    embedding = assessment.embedding
    rounded = {name: [round(v, 3) for v in values] for name, values in assessment.distributions.items()}
    known = None if capture is None else _json({k: v for k, v in asdict(capture).items() if v is not None})
    return (
        struct.pack(f"<{len(embedding)}e", *embedding) if embedding else None,
        _json(rounded) if rounded else None,
        known,
    )


def from_row(
    assessment: Assessment | None,
    embedding: bytes | None,
    distributions: str | None,
    capture: str | None,
    group: str | None,
    look: bytes | None,
) -> Details:
    """The details from their columns.

    Args:
        assessment: the figures from the photo's entry.
        embedding: as returned by `to_row`.
        distributions: likewise.
        capture: likewise.
        group: as `group_to_text` gives it.
        look: as stored.
    """
    if assessment is not None:
        assessment = replace(
            assessment,
            distributions={k: tuple(v) for k, v in json.loads(distributions).items()} if distributions else {},
            embedding=struct.unpack(f"<{len(embedding) // 2}e", embedding) if embedding else (),
        )
    known = None if capture is None else Capture(**json.loads(capture))
    return Details(assessment, known, group_from_text(group), look)


def group_to_text(group: Membership | None) -> str | None:
    """A membership as it is stored."""
    return None if group is None else _json(asdict(group))


def group_from_text(text: str | None) -> Membership | None:
    """A membership from its text; None if that cannot be read or makes no sense: sidecars may hold anything."""
    if not text:
        return None
    try:
        values = json.loads(text)
        found = Membership(**{**values, "kind": Kind(values["kind"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found if _makes_sense(found) else None


def _makes_sense(group: Membership) -> bool:
    are_names = _is_file_name(group.group) and _is_file_name(group.best)
    return are_names and all(type(n) is int for n in (group.size, group.place)) and 1 <= group.place <= group.size >= 2


def _is_file_name(name: object) -> bool:
    """Whether a file may have this name."""
    if not isinstance(name, str) or name in ("", ".", "..") or {"/", "\0"} & set(name):
        return False
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"))
