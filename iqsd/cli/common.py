"""What several commands share: their options, and a look at the folders they are given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from iqsd.paths import absolute, check_folder

# Every argument that is a path says `readable=False`: Typer would refuse the whole command line (exit code 2) for one
# file without permission, and iqsd says of each itself what is wrong.
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", readable=False, help="Read this config.toml, not the one in the XDG place."
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", metavar="N", min=1, max=256, help="Photos to judge at the same time (default: one a core)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a photo and line.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.")]
FoldersArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[DIR]...", readable=False, help="Folders, with all below them (default: the watched ones)."
    ),
]


def group(help_text: str) -> typer.Typer:
    """A command with commands below it."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None)


def existing(folders: Sequence[Path] | None, watched: Sequence[Path]) -> list[Path]:
    """The folders, or the watched ones, each once; absolute, and by the name that the daemon knows them by.

    Raises:
        FolderError: one of them is not there or does not let us look.
    """
    roots = list(map(absolute, watched))
    for folder in folders or watched:
        check_folder(folder, "name one, or set watch.folders with `iqsd config init`")
    return list(dict.fromkeys(_as_watched(absolute(folder), roots) for folder in folders or watched))


def _as_watched(folder: Path, roots: Sequence[Path]) -> Path:
    """`.` in a linked ~/Pictures is another name for what the daemon calls ~/Pictures."""
    if not any(map(folder.is_relative_to, roots)):
        real = Path(os.path.realpath(folder))
        for root in roots:
            if real.is_relative_to(there := os.path.realpath(root)):
                return root / real.relative_to(there)
    return folder
