"""`iqsd calibrate`: thresholds from the photos that are there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from iqsd import rescan as rescanning
from iqsd import settings
from iqsd.assembly import model_of, open_pipeline
from iqsd.calibration import Shares, thresholds_for
from iqsd.cli.common import ConfigOption, FoldersArgument, JobsOption, existing, parser
from iqsd.errors import ConfigError, ExitCode, UnreadablePhotoError
from iqsd.memory import Memory
from iqsd.outcome import SETTLED
from iqsd.photos.finding import look_at
from iqsd.photos.pairs import one_of_each
from iqsd.scoring.assessment import Assessment
from iqsd.settings.checks import number
from iqsd.settings.editing import ConfigFile
from iqsd.views import calibration
from iqsd.views.progress import progress

_PERCENT = parser(float, number(0, 100))


def calibrate(
    folders: FoldersArgument = None,
    reject_worst: Annotated[
        float, typer.Option(metavar="PERCENT", parser=_PERCENT, help="The share of photos to reject.")
    ] = 10,
    accept_best: Annotated[
        float, typer.Option(metavar="PERCENT", parser=_PERCENT, help="The share of photos to accept.")
    ] = 20,
    write: Annotated[bool, typer.Option("--set", help="Write the proposed thresholds into config.toml.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    jobs: JobsOption = None,
    config: ConfigOption = None,
) -> None:
    """Show how the scores are spread, and propose thresholds.

    No sidecar is written. Photos that are not rated yet are judged first. The next `iqsd rescan` applies changed
    thresholds without opening a photo.
    """
    if reject_worst + accept_best > 100:
        raise typer.BadParameter("add up to more than 100 %", param_hint="--reject-worst, --accept-best")
    current = settings.load(config, jobs)
    roots = existing(folders, current.watched())
    present = current.thresholds(model_of(current)[1].thresholds)
    photos: dict[Path, Assessment] = {}
    failed: set[Path] = set()
    with (
        open_pipeline(current, dry_run=True, undone_too=True) as (pipeline, _),
        progress(lambda: rescanning.count(roots)) as advance,
    ):
        for outcome in rescanning.rescan(roots, pipeline, current.settle_seconds):
            if outcome.status == SETTLED:  # it was reported before
                continue
            found = outcome.assessment or _before(outcome.path, pipeline.memory)
            if outcome.error is not None:
                failed.add(outcome.path)
            elif found is not None:
                photos[outcome.path] = found
            advance()
    if not photos:
        why = f"none of {len(failed):,} photos could be judged" if failed else "there are no photos to calibrate with"
        raise ConfigError(why, roots[0], "name a folder with a few hundred photos")
    judged = [photos[path] for path in one_of_each(photos)]
    proposed = thresholds_for(judged, Shares(reject_worst, accept_best), present)
    is_relative = current.shares() != Shares()
    found_out = calibration.Calibration(judged, len(failed), present, proposed, is_relative)
    lines = calibration.lines(found_out, sys.stdout.encoding)
    typer.echo(calibration.as_json(found_out) if as_json else "\n".join(lines))
    if write:
        file = ConfigFile(config)
        text, _ = file.with_values(calibration.settings_of(proposed))
        file.write(text)
        typer.echo(f"Wrote them to {file.path}.", err=as_json)
    raise typer.Exit(ExitCode.SOME_FAILED if failed else ExitCode.OK)


def _before(photo: Path, memory: Memory) -> Assessment | None:
    """What is known about a photo that was left as a person rated it."""
    try:
        return memory.figures(look_at(photo), memory.entry(photo))
    except UnreadablePhotoError:  # gone
        return None
