"""The user's options for sidecars."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from iqsd.sidecars.naming import Naming


class RejectedAs(str, Enum):
    """Which `xmp:Rating` a rejected photo gets; digiKam's pick label says "rejected" in either case."""

    ONE_STAR = "one-star"
    MINUS_ONE = "minus-one"
    """Bridge and darktable show the photo as rejected, digiKam as not rated."""


class WriteTo(str, Enum):
    """Where the values are written."""

    SIDECAR = "sidecar"
    EMBEDDED = "embedded"
    """Into the JPEG itself (and into existing sidecars, since programs prefer them); other formats get sidecars."""


@dataclass(frozen=True)
class Options:
    """The user's options for sidecars.

    Attributes:
        naming: how a new sidecar is named.
        colour_label: also show the pick label as a colour: red, yellow, green.
        keyword: also show it as a keyword: iqsd/rejected, iqsd/pending, iqsd/accepted.
        write: sidecars, or the JPEG itself.
    """

    naming: Naming = Naming.FULL
    colour_label: bool = False
    keyword: bool = False
    write: WriteTo = WriteTo.SIDECAR
