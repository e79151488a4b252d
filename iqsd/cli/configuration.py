"""`iqsd config`: show, check or write the settings."""

from __future__ import annotations

import typer

from iqsd import settings
from iqsd.assembly import check_model
from iqsd.cli.common import ConfigOption, existing, group
from iqsd.errors import ConfigError
from iqsd.service.metrics import check_metrics_file
from iqsd.settings.editing import ConfigFile

app = group("Show, check or write the settings.")


@app.command("show")
def config_show(config: ConfigOption = None) -> None:
    """Print the settings in force, as a config.toml."""
    typer.echo(settings.show(settings.load(config)), nl=False)


@app.command("check")
def config_check(config: ConfigOption = None) -> None:
    """Check settings, watched folders, metrics file and model."""
    current = settings.load(config)
    existing(None, current.watched())
    current.polled()
    if current.metrics_file is not None:
        check_metrics_file(current.metrics_file)
    check_model(current)
    typer.echo("The settings are in order.")


@app.command("init")
def config_init() -> None:
    """Write a commented config.toml with every setting.

    An existing file is left as it is.
    """
    file = settings.config_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder cannot be created: {error.strerror}", file.parent) from None
    new = ConfigFile(file)
    if new.is_there:
        raise ConfigError("already exists; nothing was changed", file)
    new.write(settings.document())
    typer.echo(f"Wrote {file}")
