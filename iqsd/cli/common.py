"""What several commands share: their options, and a check of the folders they are given."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from iqsd.paths import SET_FOLDERS, absolute, check_folder
from iqsd.photos.finding import outermost
from iqsd.settings.checks import WrongValueError, whole

T = TypeVar("T")


def parser(kind: Callable[[str], Any], check: Callable[[Any], T]) -> Callable[[str], T]:
    """A parser for an option that uses the check of a setting, and says what is wrong in the same words.

    Args:
        kind: `int` or `float`, which is what TOML would have made of the text.
        check: one of `iqsd/settings/checks.py`.
    """

    def read(text: str) -> T:
        value: object = text
        with contextlib.suppress(ValueError):
            value = kind(text)
        try:
            return check(value)
        except WrongValueError as wrong:
            raise typer.BadParameter(f"{wrong}, not {text}") from None

    return read


# Every path argument says `readable=False`: otherwise Typer would refuse the whole command line (exit code 2) for one
# unreadable file, whereas iqsd says what is wrong with each.
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", readable=False, help="Read this config.toml instead of the default one."),
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        parser=parser(int, whole(1, 256)),
        help="Photos to judge at the same time (default: one per core).",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object per photo, each on its own line.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only warnings and errors.")]
FoldersArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[DIR]...", readable=False, help="Folders, including subfolders (default: the watched folders)."
    ),
]


def group(help_text: str) -> typer.Typer:
    """A command with subcommands."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None)


def existing(folders: Sequence[Path] | None, watched: Sequence[Path]) -> list[Path]:
    """The folders, or the watched ones, without those below others; absolute, and named as the daemon names them.

    Raises:
        FolderError: one of them does not exist or cannot be accessed.
    """
    roots = list(map(absolute, watched))
    for folder in folders or watched:
        check_folder(folder, None if folders else SET_FOLDERS)
    return outermost([_as_watched(absolute(folder), roots) for folder in folders or watched])


def _as_watched(folder: Path, roots: Sequence[Path]) -> Path:
    """The daemon's name for a folder: `.` in a linked ~/Pictures is what it calls ~/Pictures."""
    if not any(map(folder.is_relative_to, roots)):
        real = Path(os.path.realpath(folder))
        for root in roots:
            if real.is_relative_to(there := os.path.realpath(root)):
                return root / real.relative_to(there)
    return folder
