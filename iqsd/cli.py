"""The commands: parse, call, print. No logic."""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from iqsd import __version__, digikam, logs, output, settings
from iqsd.errors import ConfigError, ExitCode, FolderError, IqsdError, JournalError
from iqsd.journal import Journal
from iqsd.logs import LogFormat
from iqsd.models import shipped_model
from iqsd.pipeline import Pipeline, Policy
from iqsd.rescan import count, rescan
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Metadata, read_metadata
from iqsd.service.commands import retry_command, service_app, status_command
from iqsd.service.serving import Plan, serve
from iqsd.settings import Settings
from iqsd.undoing import undo
from iqsd.verdict import judge
from iqsd.workers.pool import Pool

app = typer.Typer(
    help="Rates photos with a small model on this machine: pick label and stars in XMP sidecars that digiKam reads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="Show, check or write the settings.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(config_app, name="config")
digikam_app = typer.Typer(help="Check or set digiKam's own settings.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(digikam_app, name="digikam")
app.add_typer(service_app, name="service")
app.command("status")(status_command)
app.command("retry")(retry_command)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Read this config.toml, not the one in the XDG place.")
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", metavar="N", min=1, max=256, help="Photos to judge at the same time (default: one a core)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a photo and line.")]
FoldersArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[DIR]...", help="Folders, with all below them (default: the watched ones)."),
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"iqsd {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Rates photos with a small model on this machine: pick label and stars in XMP sidecars that digiKam reads."""


@app.command("rescan")
def rescan_command(
    folders: FoldersArgument = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also overwrite what a person set; `iqsd undo` brings it back.")
    ] = False,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Rate the photos that are already there.

    What is rated and has not changed is passed over, so it can be run as often as one likes.
    """
    current = settings.load(config).with_flags(jobs=jobs)
    roots = _existing(folders or current.watched())
    report = output.Report(as_json, dry_run)
    with _pipeline(current, force, dry_run, undone_too=True) as (pipeline, _, journal):
        with output.progress(lambda: count(roots, pipeline, journal)) as advance:
            for outcome in rescan(roots, pipeline, journal, current.settle_seconds):
                report.add(outcome)
                advance()
        report.summary()
    raise typer.Exit(ExitCode.SOME_FAILED if report.failed else ExitCode.OK)


@app.command()
def start(
    folders: FoldersArgument = None,
    log_format: Annotated[
        LogFormat,
        typer.Option(metavar="FORMAT", help="'text' (with priorities for journald), or 'json', one object a line."),
    ] = LogFormat.TEXT,
    jobs: JobsOption = None,
    config: ConfigOption = None,
) -> None:
    """Watch folders and rate every photo that arrives, until stopped.

    SIGHUP reads the settings anew; the old ones stay if the new ones are wrong.
    """
    logs.set_up(log_format)
    given = tuple(folders) if folders else None
    serve(
        Plan(
            load=lambda: settings.load(config).with_flags(jobs=jobs, folders=given),
            way=functools.partial(_pipeline, patience_seconds=5),
            model=_checked_model,
            jobs=_jobs,
            journal=settings.journal_file(),
        )
    )


@app.command()
def score(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Photos to judge.")],
    as_json: JsonOption = False,
    embedding: Annotated[bool, typer.Option("--embedding", help="With --json, add the photo's vector.")] = False,
    jobs: JobsOption = None,
    config: ConfigOption = None,
) -> None:
    """Say what the model says of photos; write nothing."""
    current = settings.load(config).with_flags(jobs=jobs)
    model, metadata = _model(current)
    thresholds = current.thresholds(metadata.thresholds)
    failed = False
    if not as_json:
        typer.echo(output.SCORE_HEADER)
    with Pool(model, _jobs(current)) as pool:
        for path, answer in pool.map(files):
            if isinstance(answer, Assessment):
                verdict = judge(answer, thresholds)
                line = output.score_object(path, answer, verdict, embedding)
                typer.echo(output.dump(line) if as_json else output.score_row(path, answer, verdict))
            else:
                failed = True
                typer.echo(f"iqsd: {answer}", err=True)
                if as_json:
                    typer.echo(output.dump(output.error_object(path, answer)))
    raise typer.Exit(ExitCode.SOME_FAILED if failed else ExitCode.OK)


@app.command("formats")
def formats_command() -> None:
    """List the photo formats, what reads each, and what is not installed."""
    for line in output.format_lines():
        typer.echo(line)


@app.command("undo")
def undo_command(
    folders: FoldersArgument = None,
    since: Annotated[
        datetime.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Only what was written from then on (local time)."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken back; write nothing.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Take back what iqsd wrote, except where a person has changed it since.

    `iqsd rescan` puts it there again; `iqsd start` leaves these photos alone until they change.
    """
    current = settings.load(config)
    roots = _existing(folders or current.watched())
    report = output.UndoReport(as_json, dry_run)
    with contextlib.closing(Journal(settings.journal_file())) as journal:
        for undoing in undo(roots, current.options(), journal, since and since.astimezone(), dry_run):
            report.add(undoing)
    report.summary()
    raise typer.Exit(ExitCode.SOME_FAILED if report.failed else ExitCode.OK)


@config_app.command("show")
def config_show(config: ConfigOption = None) -> None:
    """Print the settings in force, as a config.toml."""
    typer.echo(settings.show(settings.load(config)), nl=False)


@config_app.command("check")
def config_check(config: ConfigOption = None) -> None:
    """Check the settings, the watched folders and the model, and say what is wrong."""
    current = settings.load(config)
    _existing(current.watched())
    current.thresholds(_model(current)[1].thresholds)
    typer.echo("The settings are in order.")


@config_app.command("init")
def config_init() -> None:
    """Write a commented config.toml with every setting, if there is none yet."""
    file = settings.config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(settings.document())
    except FileExistsError:
        raise ConfigError("is there already; nothing was changed", file) from None
    typer.echo(f"Wrote {file}")


@digikam_app.command("check")
def digikam_check(config: ConfigOption = None) -> None:
    """Say which of digiKam's settings hide what iqsd writes; change nothing."""
    naming = settings.load(config).naming
    findings = [(place, digikam.check(place, naming)) for place in digikam.find_configs()]
    for place, found in findings:
        typer.echo("\n".join(output.digikam_lines(place, found)))
    raise typer.Exit(ExitCode.SOME_FAILED if any(found for _, found in findings) else ExitCode.OK)


@digikam_app.command("setup")
def digikam_setup(
    force: Annotated[
        bool, typer.Option("--force", help="Even if ratings that only digiKam's database knows may give way to iqsd's.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Set digiKam to read what iqsd writes, with a backup of its settings. Close digiKam first."""
    naming = settings.load(config).naming
    for place in digikam.find_configs():
        typer.echo("\n".join(output.digikam_setup_lines(place, digikam.setup(place, naming, force))))


def run() -> NoReturn:
    """The entry point: every error becomes one line and its exit code, never a stack trace."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except IqsdError as error:
        typer.echo(f"iqsd: {error}", err=True)
        sys.exit(error.exit_code)
    except sqlite3.Error as error:
        typer.echo(f"iqsd: {JournalError(f'failed: {error}', settings.journal_file())}", err=True)
        sys.exit(ExitCode.JOURNAL)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `iqsd score ... | head` is no error
        sys.exit(ExitCode.OK)
    sys.exit(ExitCode.OK)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    """SIGTERM ends a command as Ctrl-C does, through every clean-up on the way."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def _pipeline(
    current: Settings,
    force: bool = False,
    dry_run: bool = False,
    undone_too: bool = False,
    patience_seconds: float = 30,
) -> Iterator[tuple[Pipeline, Pool, Journal]]:
    model, metadata = _model(current)
    policy = Policy(
        model=metadata.name,
        thresholds=current.thresholds(metadata.thresholds),
        options=current.options(),
        rejected_as=current.rejected_as,
        force=force,
    )
    with (
        Pool(model, _jobs(current)) as pool,
        contextlib.closing(Journal(settings.journal_file(), patience_seconds)) as journal,
    ):
        yield Pipeline(policy, pool, journal, dry_run, undone_too), pool, journal


def _model(current: Settings) -> tuple[Path, Metadata]:
    model = (current.file or shipped_model()).absolute()
    return model, read_metadata(model)


def _checked_model(current: Settings) -> str:
    """The model's name; an error if it or the thresholds for it cannot be used."""
    metadata = _model(current)[1]
    current.thresholds(metadata.thresholds)
    return metadata.name


def _jobs(current: Settings) -> int:
    return current.jobs or len(os.sched_getaffinity(0))


def _existing(folders: list[Path] | tuple[Path, ...]) -> list[Path]:
    for folder in folders:
        if not folder.is_dir():
            raise FolderError(
                "there is no such folder", folder, "name one, or set watch.folders with `iqsd config init`"
            )
    return [folder.absolute() for folder in folders]
