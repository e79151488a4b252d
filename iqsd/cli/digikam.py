"""`iqsd digikam`: check or set digiKam's own settings."""

from __future__ import annotations

from typing import Annotated

import typer

from iqsd import digikam, settings
from iqsd.cli.common import ConfigOption, group
from iqsd.errors import DigikamError, ExitCode
from iqsd.views.digikam import digikam_lines, digikam_setup_lines

app = group("Check or set digiKam's own settings.")


@app.command("check")
def digikam_check(config: ConfigOption = None) -> None:
    """Say which of digiKam's settings hide what iqsd writes.

    Nothing is changed.
    """
    current = settings.load(config)
    worst = ExitCode.OK
    for place in digikam.find_configs():
        try:
            found = digikam.check(place, current.naming, colours=current.colour_label)
            typer.echo("\n".join(digikam_lines(place, found)))
            worst = max(worst, ExitCode.SOME_FAILED if found else ExitCode.OK)
        except DigikamError as error:  # the other ones may do
            typer.echo(f"iqsd: {error}", err=True)
            worst = error.exit_code
    raise typer.Exit(worst)


@app.command("setup")
def digikam_setup(
    force: Annotated[
        bool, typer.Option("--force", help="Even if ratings that only digiKam's database knows may give way to iqsd's.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Set digiKam to read what iqsd writes.

    A backup of its settings is kept. Close digiKam first.
    """
    current = settings.load(config)
    refused = None
    for place in digikam.find_configs():
        try:
            done = digikam.setup(place, current.naming, force, colours=current.colour_label)
            typer.echo("\n".join(digikam_setup_lines(place, done)))
        except DigikamError as error:  # the other ones may do
            typer.echo(f"iqsd: {error}", err=True)
            refused = error
    if refused is not None:
        raise typer.Exit(refused.exit_code)
