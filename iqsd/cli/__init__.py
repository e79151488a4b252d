"""The commands: parse, call, print. No logic."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from io import TextIOWrapper
from types import FrameType
from typing import Annotated, NoReturn

import typer

from iqsd import __version__, settings
from iqsd.cli import calibrate, configuration, digikam, doctor, explain, models, rating, report, service
from iqsd.cli.examples import add_examples
from iqsd.errors import ExitCode, IqsdError, printable
from iqsd.journal_file import unusable

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    rating.rescan,
    rating.start,
    rating.score,
    explain.explain,
    report.report,
    report.apply,
    calibrate.calibrate,
    rating.undo,
    service.status,
    service.retry,
    doctor.doctor,
    rating.formats,
):
    app.command()(command)
for name, commands in (
    ("config", configuration.app),
    ("service", service.app),
    ("digikam", digikam.app),
    ("models", models.app),
):
    app.add_typer(commands, name=name)
add_examples(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"iqsd {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Rate photos with a small model on this machine; stars and pick labels go into XMP sidecars for digiKam."""


def run() -> NoReturn:
    """The entry point: every error becomes one line and its exit code, never a stack trace."""
    _take_signals()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # `2>&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115  # for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names that this locale cannot express
    if "" in sys.argv[1:]:  # it would be taken for the current folder
        typer.echo("iqsd: empty argument (is a shell variable not set?)", err=True)
        sys.exit(ExitCode.USAGE)
    try:
        app()
    except IqsdError as error:
        typer.echo(f"iqsd: {error}", err=True)
        sys.exit(error.exit_code)
    except sqlite3.Error as error:
        typer.echo(f"iqsd: {unusable(settings.journal_file(), error)}", err=True)
        sys.exit(ExitCode.JOURNAL)
    except OSError as error:  # the disk that standard output goes to is full, the current folder was deleted
        where = f"{printable(os.fsdecode(error.filename))}: " if isinstance(error.filename, (str, bytes)) else ""
        what = error.strerror or str(error)
        if isinstance(error, FileNotFoundError) and not where:
            what = "the current folder no longer exists (change to another one)"
        typer.echo(f"iqsd: {where}{what}", err=True)
        _drop_output()
        sys.exit(ExitCode.SOME_FAILED)
    sys.exit(ExitCode.OK)


def _drop_output() -> None:
    """Keep Python from trying to write the failed output again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _take_signals() -> None:
    """SIGTERM or a closed terminal ends a command as Ctrl-C does, with every clean-up on the way."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has one ignored
            signal.signal(number, _terminate)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
