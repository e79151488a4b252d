"""`iqsd digikam`: check or set digiKam's own settings."""

from __future__ import annotations

from typing import Annotated

import typer

from iqsd import digikam, settings
from iqsd.cli.common import ConfigOption, group
from iqsd.errors import DigikamError, ExitCode
from iqsd.views.digikam import digikam_lines, digikam_setup_lines

app = group("Check or change digiKam's own settings.")


@app.command("check")
def digikam_check(config: ConfigOption = None) -> None:
    """Name the settings of digiKam that hide what iqsd writes.

    Nothing is changed.
    """
    current = settings.load(config)
    worst = ExitCode.OK
    for place in digikam.find_configs():
        try:
            found = digikam.check(place, current.naming, colours=current.colour_label)
            typer.echo("\n".join(digikam_lines(place, found)))
            worst = max(worst, ExitCode.SOME_FAILED if found else ExitCode.OK)
        except DigikamError as error:  # the others may still work
            typer.echo(f"iqsd: {error}", err=True)
            worst = error.exit_code
    raise typer.Exit(worst)


@app.command("setup")
def digikam_setup(
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Go on even if iqsd's ratings may replace some that only digiKam's database holds."
        ),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Change digiKam's settings so that it reads what iqsd writes.

    Keeps a backup of the old settings. Close digiKam first.
    """
    current = settings.load(config)
    refused = None
    for place in digikam.find_configs():
        try:
            done = digikam.setup(place, current.naming, force, colours=current.colour_label)
            typer.echo("\n".join(digikam_setup_lines(place, done)))
        except DigikamError as error:  # the others may still work
            typer.echo(f"iqsd: {error}", err=True)
            refused = error
    if refused is not None:
        raise typer.Exit(refused.exit_code)
