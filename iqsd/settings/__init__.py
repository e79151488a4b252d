"""Every setting in one table; config.toml and command-line flags become `Settings` here."""

from iqsd.settings.document import document, load, parse, show, toml
from iqsd.settings.places import config_file, config_home, data_folder, journal_file, pictures_folder
from iqsd.settings.table import SETTINGS, Settings

__all__ = [
    "SETTINGS",
    "Settings",
    "config_file",
    "config_home",
    "data_folder",
    "document",
    "journal_file",
    "load",
    "parse",
    "pictures_folder",
    "show",
    "toml",
]
