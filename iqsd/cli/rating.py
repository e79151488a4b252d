"""The commands that rate: `iqsd rescan`, `start`, `score`, `undo`; and `formats`, which lists what they read."""

from __future__ import annotations

import contextlib
import datetime
from pathlib import Path
from typing import Annotated

import typer

from iqsd import logs, settings, undoing
from iqsd import rescan as rescanning
from iqsd.assembly import jobs_of, model_of, open_cluster_pipeline, open_pipeline
from iqsd.cli.common import ConfigOption, FoldersArgument, JobsOption, JsonOption, QuietOption, existing
from iqsd.errors import ExitCode
from iqsd.journal import Journal
from iqsd.logs import LogFormat
from iqsd.outcome import SETTLED
from iqsd.service.serving import serve
from iqsd.settings import Settings
from iqsd.verdict import judge
from iqsd.views.formats import format_lines
from iqsd.views.lines import SCORE_HEADER, dump, error_object, score_object, score_row
from iqsd.views.progress import progress
from iqsd.views.runs import RescanReport, UndoReport
from iqsd.workers.answer import Judged
from iqsd.workers.pool import Pool


def rescan(
    folders: FoldersArgument = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, but write nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also overwrite what a person set; `iqsd undo` brings it back.")
    ] = False,
    jobs: JobsOption = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Judge on the workers of this Dask cluster (tcp://host:8786; see docs/archives.md)."
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print a line for every photo, even if nothing was done.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Rate the photos that are already there.

    Photos that are rated and have not changed are skipped, so you can run it as often as you like.
    """
    if scheduler is not None and jobs is not None:
        raise typer.BadParameter("cannot be combined with --scheduler", param_hint="--jobs")
    if quiet and verbose:
        raise typer.BadParameter("cannot be combined with --verbose", param_hint="--quiet")
    current = settings.load(config, jobs)
    roots = existing(folders, current.watched())
    report = RescanReport(as_json, dry_run, quiet, verbose)
    with contextlib.ExitStack() as way:
        if scheduler is None:
            pipeline, _ = way.enter_context(open_pipeline(current, force, dry_run, undone_too=True))
        else:
            pipeline = way.enter_context(open_cluster_pipeline(current, scheduler, roots, force, dry_run))
        with progress((lambda: rescanning.count(roots)) if report.leaves_room else None) as advance:
            for outcome in rescanning.rescan(roots, pipeline, current.settle_seconds):
                report.add(outcome)
                if outcome.status != SETTLED:  # a photo's second outcome
                    advance()
        report.summary()
    raise typer.Exit(ExitCode.SOME_FAILED if report.failed else ExitCode.OK)


def start(
    folders: FoldersArgument = None,
    log_format: Annotated[
        LogFormat,
        typer.Option(metavar="FORMAT", help="'text' (with priorities for journald) or 'json' (one object per line)."),
    ] = LogFormat.TEXT,
    quiet: QuietOption = False,
    jobs: JobsOption = None,
    config: ConfigOption = None,
) -> None:
    """Watch folders and rate every photo that arrives, until stopped.

    SIGHUP reloads the settings; if the new ones are wrong, the old ones stay in force.
    """
    logs.set_up(log_format, quiet)

    def load() -> Settings:
        current = settings.load(config, jobs)
        return current.watching(folders) if folders else current

    serve(load)


def score(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", readable=False, help="Photos to judge.")],
    as_json: JsonOption = False,
    embedding: Annotated[
        bool, typer.Option("--embedding", help="With --json, add the photo's embedding vector.")
    ] = False,
    jobs: JobsOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the score and verdict of photos; write nothing."""
    current = settings.load(config, jobs)
    model, metadata = model_of(current)
    thresholds = current.thresholds(metadata.thresholds)
    failed = False
    if not as_json:
        typer.echo(SCORE_HEADER)
    with Pool(model, jobs_of(current)) as pool:
        for path, answer in pool.map(files):
            if isinstance(answer, Judged):
                found, verdict = answer.assessment, judge(answer.assessment, thresholds)
                line = score_object(path, found, verdict, embedding)
                typer.echo(dump(line) if as_json else score_row(path, found, verdict))
            else:
                failed = True
                typer.echo(f"iqsd: {answer}", err=True)
                if as_json:
                    typer.echo(dump(error_object(path, answer)))
    raise typer.Exit(ExitCode.SOME_FAILED if failed else ExitCode.OK)


def _moment(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(text).astimezone()
    except (OverflowError, ValueError, OSError):  # the year 1, for example, has no local time
        raise typer.BadParameter(f"{text} is not a date such as 2024-12-24 or 2024-12-24T18:00:00") from None


def undo(
    folders: FoldersArgument = None,
    since: Annotated[
        datetime.datetime | None,
        typer.Option(
            metavar="DATE",
            parser=_moment,
            help="Only what was written since then (local time): 2024-12-24 or 2024-12-24T18:00:00.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be taken back, but write nothing.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Take back what iqsd wrote, except what a person changed since.

    `iqsd rescan` writes it again; `iqsd start` leaves these photos alone until they change.
    """
    current = settings.load(config)
    roots = existing(folders, current.watched())
    report = UndoReport(as_json, dry_run)
    with Journal(settings.journal_file()) as journal:
        for undone in undoing.undo(roots, current.options(), journal, since, dry_run):
            report.add(undone)
    report.summary()
    raise typer.Exit(ExitCode.SOME_FAILED if report.failed else ExitCode.OK)


def formats() -> None:
    """List the photo formats, what reads each, and what is missing."""
    for line in format_lines():
        typer.echo(line)
