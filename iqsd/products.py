"""Files that a person asked for (a report, a heat map): written whole or not at all, and never over anything else."""

from __future__ import annotations

import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import IqsdError

_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Product:
    """One kind of such files.

    Attributes:
        name: what a person calls it.
        mark: bytes that are in the head of these files and of no others.
        error: the class of error to raise.
    """

    name: str
    mark: bytes
    error: type[IqsdError]

    def check(self, target: Path) -> None:
        """Check before the work that the file can be written there.

        Raises:
            IqsdError: of this kind: something else is there, or there is no such folder.
        """
        try:
            if not stat.S_ISREG(target.stat().st_mode):  # reading from a pipe would wait for ever
                raise self.error(f"is not a regular file; the {self.name} was not written", target)
            with target.open("rb") as file:
                if self.mark not in file.read(_HEAD_BYTES):
                    raise self.error(f"already exists and is not a {self.name}; nothing was written", target)
        except FileNotFoundError:
            if not target.parent.is_dir():
                raise self.error("there is no such folder", target.parent) from None
        except OSError as error:
            raise self.error(f"cannot be written: {error.strerror}", target) from None

    def put(self, target: Path, parts: Iterable[bytes]) -> None:
        """Write the file; an old one is replaced when the new one is complete.

        Raises:
            IqsdError: of this kind: it cannot be written.
        """
        unfinished = target.with_name(f".iqsd-{secrets.token_hex(8)}.tmp")
        try:
            try:
                with unfinished.open("xb") as file:
                    file.writelines(parts)
                unfinished.replace(target)
            finally:
                unfinished.unlink(missing_ok=True)
        except OSError as error:
            raise self.error(f"cannot be written: {error.strerror}", target) from None
