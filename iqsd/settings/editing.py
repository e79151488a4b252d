"""Changes values in config.toml: the user's comments, their order and everything else stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iqsd.errors import ConfigError, SidecarError, printable
from iqsd.settings.document import MAX_BYTES, document, parse
from iqsd.settings.places import config_file
from iqsd.settings.table import Settings
from iqsd.sidecars.atomic import ChangedMeanwhileError, Snapshot, read_regular, replace


class ConfigFile:
    """A config.toml, as it was when it was read.

    Args:
        path: the file the user named; None: the one in the XDG folder. It need not exist.

    Raises:
        ConfigError: it cannot be read.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path or config_file()
        self._target = self.path.resolve()  # a link into a collection of dotfiles stays a link
        self._text, self._snapshot = self._read()

    @property
    def is_there(self) -> bool:
        """Whether the file existed when it was read."""
        return self._snapshot is not None

    def with_model(self, model: Path | None) -> tuple[str, Settings]:
        """The text and the settings with this model; with None, with the model that comes with iqsd.

        Raises:
            ConfigError: something in the file is wrong, or the model's name cannot be printed.
        """
        if model is not None and not str(model).isprintable():
            raise ConfigError(f"cannot hold the name {printable(model)}", self.path, "rename the model")
        return self.with_values({"model.file": None if model is None else str(model)})

    def with_values(self, values: Mapping[str, Any]) -> tuple[str, Settings]:
        """The text and the settings with these values, by key; None removes a key, so that its default applies.

        Raises:
            ConfigError: something in the file, or a value, is wrong.
        """
        parse(self._text, self.path)
        text = _with_values(self._text, values) if self._snapshot else document(values)
        return text, parse(text, self.path)

    def write(self, text: str) -> None:
        """Replace the file's text with this text, unless it is the same already.

        Raises:
            ConfigError: it cannot be written, or another program has changed it meanwhile.
        """
        if self._snapshot and text == self._text:
            return
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            replace(self._target, text.encode("utf-8"), self._snapshot)
        except ChangedMeanwhileError:
            raise ConfigError("was changed by another program in the meantime", self.path, "try again") from None
        except SidecarError as error:
            raise ConfigError(error.detail, self.path, error.advice) from error
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", self.path) from None

    def _read(self) -> tuple[str, Snapshot | None]:
        try:
            found = read_regular(self._target, MAX_BYTES)
            return (found[0].decode("utf-8"), found[1]) if found else ("", None)
        except SidecarError as error:
            raise ConfigError(error.detail, self.path, error.advice) from error
        except UnicodeDecodeError:
            raise ConfigError("is not UTF-8 text", self.path) from None


def _with_values(text: str, values: Mapping[str, Any]) -> str:
    import tomlkit

    mark = "\ufeff" if text.startswith("\ufeff") else ""  # from Windows editors; tomlkit cannot read it
    config = tomlkit.parse(text.removeprefix(mark))
    for key, value in values.items():
        name, _, setting = key.partition(".")
        if value is not None:
            if name not in config:
                config[name] = tomlkit.table()
            config[name][setting] = list(value) if isinstance(value, tuple) else value
        elif name in config:
            config[name].pop(setting, None)
    return mark + tomlkit.dumps(config)
