"""Which programs are installed, and what tests of several of them start from."""

from __future__ import annotations

import shutil

import pytest

from .programs import darktable, digikam, exiftool, exiv2
from .programs.darktable import Darktable
from .programs.digikam import Digikam

_PACKAGES = {"exiftool": "libimage-exiftool-perl", "Xvfb": "xvfb", "dbus-run-session": "dbus-x11"}


@pytest.fixture(scope="session")
def digikam_is_here() -> type[Digikam]:
    """The real digiKam."""
    _need(digikam.NEEDS)
    return Digikam


@pytest.fixture(scope="session")
def darktable_is_here() -> type[Darktable]:
    """The real darktable."""
    _need(darktable.NEEDS)
    return Darktable


@pytest.fixture(scope="session")
def exiftool_is_here() -> None:
    """The real exiftool."""
    _need(exiftool.NEEDS)


@pytest.fixture(scope="session")
def exiv2_is_here() -> None:
    """The real exiv2."""
    _need(exiv2.NEEDS)


def _need(commands: tuple[str, ...]) -> None:
    for command in commands:
        if shutil.which(command) is None:
            package = _PACKAGES.get(command, command)
            pytest.skip(f"{command} is not installed: apt-get install {package} to run this")
