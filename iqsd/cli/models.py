"""`iqsd models`: list models, check one, or use it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iqsd import assembly, settings
from iqsd.cli.common import ConfigOption, group
from iqsd.errors import ExitCode, ModelError
from iqsd.models import Model, find_model, is_shipped, list_models
from iqsd.settings.editing import ConfigFile

app = group("List, check or choose models.")

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A name from `iqsd models list`, or a .tflite file.")
]


@app.command("list")
def models_list(config: ConfigOption = None) -> None:
    """List the models; a star marks the one in use.

    One comes with iqsd; yours are in ~/.local/share/iqsd/models.
    """
    from iqsd.views.models import model_lines

    for line in model_lines(_known(config)):
        typer.echo(line)


@app.command("check")
def models_check(
    model: ModelArgument,
    photos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PHOTO]...", readable=False, help="Photos to try it on, besides plain frames."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Load a model, and compare it with its metadata.

    Prints its results for black, grey and white frames and for photos. The exit code is 1 if the metadata seem to be
    wrong about the outputs, or if a photo cannot be read.
    """
    from iqsd.views.models import check_lines

    found, unread = assembly.look_at_model(find_model(model, _known(config)), photos or [])
    typer.echo("\n".join(check_lines(found)))
    problems = [*unread, *found.doubts]
    for problem in problems:
        typer.echo(f"iqsd: {problem}", err=True)
    raise typer.Exit(ExitCode.SOME_FAILED if problems else ExitCode.OK)


@app.command("use")
def models_use(model: ModelArgument, config: ConfigOption = None) -> None:
    """Check a model, and rate with it from now on.

    It is written into config.toml, where everything else stays as it is. The next `iqsd rescan` judges all photos again
    with it; `iqsd start` uses it from its next start or SIGHUP.
    """
    chosen = find_model(model, _known(config))
    file = ConfigFile(config)
    text, changed = file.with_model(None if is_shipped(chosen) else chosen)
    found, _ = assembly.look_at_model(chosen, [])
    if found.doubts:
        raise ModelError("; ".join(found.doubts), chosen, "`iqsd models check` shows its results")
    changed.thresholds(found.metadata.thresholds)
    file.write(text)
    typer.echo(f"{found.metadata.name} is in use ({file.path}).")
    if changed.thresholds(found.metadata.thresholds) != found.metadata.thresholds:
        typer.echo("The thresholds set there still apply; `iqsd calibrate` proposes some for this model.")


def _known(config: Path | None) -> list[Model]:
    return list_models(settings.data_folder() / "models", settings.load(config).file)
