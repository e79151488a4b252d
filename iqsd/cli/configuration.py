"""`iqsd config`: show, check or write the settings."""

from __future__ import annotations

import typer

from iqsd import settings
from iqsd.assembly import check_model
from iqsd.cli.common import ConfigOption, existing, group
from iqsd.errors import ConfigError

app = group("Show, check or write the settings.")


@app.command("show")
def config_show(config: ConfigOption = None) -> None:
    """Print the settings in force, as a config.toml."""
    typer.echo(settings.show(settings.load(config)), nl=False)


@app.command("check")
def config_check(config: ConfigOption = None) -> None:
    """Check settings, watched folders and model; say what is wrong."""
    current = settings.load(config)
    existing(None, current.watched())
    current.polled()
    check_model(current)
    typer.echo("The settings are in order.")


@app.command("init")
def config_init() -> None:
    """Write a commented config.toml with every setting.

    One that is there already stays as it is.
    """
    file = settings.config_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"is no folder and cannot be made one: {error.strerror}", file.parent) from None
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(settings.document())
    except FileExistsError:
        raise ConfigError("is there already; nothing was changed", file) from None
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file) from None
    typer.echo(f"Wrote {file}")
