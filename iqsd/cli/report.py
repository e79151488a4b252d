"""The contact sheet: `iqsd report` makes it, `iqsd apply` writes what a person decided on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iqsd import settings
from iqsd.assembly import jobs_of, model_of, open_pipeline
from iqsd.cli.common import ConfigOption, JobsOption, JsonOption, existing
from iqsd.errors import ExitCode, counted, printable
from iqsd.report import applying, making
from iqsd.report.gathering import Gathering
from iqsd.rescan import count
from iqsd.views.progress import progress
from iqsd.views.runs import ApplyReport


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="A folder, including subfolders.")],
    target: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            readable=False,
            help="Where to write the page; an older report is replaced.",
        ),
    ] = Path("report.html"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what `iqsd rescan` would make of the photos, not what is there now.")
    ] = False,
    jobs: JobsOption = None,
    config: ConfigOption = None,
) -> None:
    """Make a contact sheet, one page to open in a browser.

    It shows every photo with its label, stars and reasons. No sidecar is written. Photos that are not rated yet are
    judged, and shown as iqsd would rate them.
    """
    current = settings.load(config, jobs)
    (root,) = existing([folder], current.watched())
    making.REPORT.check(target)
    metadata = model_of(current)[1]
    with open_pipeline(current, dry_run=True, undone_too=True) as (pipeline, pool):
        gathering = Gathering(pipeline, pool)
        with progress(lambda: count([root])) as advance:
            rows = gathering.rows(root, current.settle_seconds, advance)
        thresholds = pipeline.regrouping.thresholds({row.path.parent for row in rows})
    with progress(lambda: len(rows)) as advance:
        look = making.Look(metadata.name, thresholds, dry_run)
        making.make(target, root, rows, look, jobs_of(current), advance)
    unread = sum(row.error is not None for row in rows)
    trouble = f", {unread:,} of them with errors" if unread else ""
    typer.echo(f"Wrote {printable(target)}: {counted(len(rows), 'photo', 'photos')}{trouble}")


def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The report.json saved from a report.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, but write nothing.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write the changes made in a report, as a person's decision.

    iqsd never changes them again. A photo that has changed since the report was made, or has been rated differently, is
    named and left alone.
    """
    options = settings.load(config).options()
    changes = applying.read(file)
    shown = ApplyReport(as_json, dry_run)
    for applied in applying.apply(changes, options, dry_run=dry_run):
        shown.add(applied)
    shown.summary()
    raise typer.Exit(ExitCode.SOME_FAILED if shown.failed else ExitCode.OK)
