"""The commands about the running daemon: `iqsd status`, `iqsd retry`, `iqsd service`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from iqsd import settings
from iqsd.cli.common import group
from iqsd.errors import ExitCode, printable
from iqsd.journal import Journal
from iqsd.paths import absolute
from iqsd.service import retry as retrying
from iqsd.service import unit
from iqsd.service.status import status as state_of
from iqsd.service.status import words

app = group("Let systemd run iqsd in the background.")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what the daemon is doing, and which photos failed and why.

    It works even when the daemon hangs or is down. The exit code is 1 if no daemon is running.
    """
    state = state_of(settings.journal_file())
    typer.echo(json.dumps(state) if as_json else "\n".join(words(state)))
    raise typer.Exit(ExitCode.OK if state["running"] else ExitCode.SOME_FAILED)


def retry(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            readable=False,
            help="Photos, or folders including subfolders (default: all that failed).",
        ),
    ] = None,
) -> None:
    """Give photos that failed and were set aside another try.

    A running daemon tries them at once; otherwise the next `iqsd start` or `iqsd rescan` does.
    """
    named = [absolute(path) for path in paths or ()]
    with Journal(settings.journal_file()) as journal:
        chosen = retrying.retry(journal, named)
    for photo in chosen:
        typer.echo(printable(photo))
    in_vain = [path for path in named if not any(photo.is_relative_to(path) for photo in chosen)]
    for path in in_vain:
        typer.echo(f"iqsd: {printable(path)}: no photo there has failed (see `iqsd status`)", err=True)
    typer.echo(f"{len(chosen)} will be tried again")
    raise typer.Exit(ExitCode.SOME_FAILED if in_vain else ExitCode.OK)


@app.command("install")
def service_install() -> None:
    """Start iqsd now and at every login, with a systemd user unit."""
    typer.echo(f"Wrote {unit.install()} and started it; `iqsd status` shows what it is doing.")
    typer.echo("To keep it running while you are logged out: loginctl enable-linger")


@app.command("uninstall")
def service_uninstall() -> None:
    """Stop iqsd and remove the user unit.

    The settings and the journal stay.
    """
    file = unit.uninstall()
    typer.echo("There is no unit to remove." if file is None else f"Stopped it and removed {file}")


@app.command("status")
def service_status() -> None:
    """Print the state of the service in one word, as systemd sees it.

    `iqsd status` tells more. The exit code is 1 unless the service is active.
    """
    state = unit.state()
    typer.echo(state)
    raise typer.Exit(ExitCode.OK if state == "active" else ExitCode.SOME_FAILED)
