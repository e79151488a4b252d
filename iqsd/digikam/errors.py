"""What can go wrong with digiKam's settings."""

from __future__ import annotations

from iqsd.errors import ExitCode, IqsdError


class DigikamError(IqsdError):
    """digiKam's settings are not there, cannot be read, or must not be written now; nothing was changed."""

    title = "digiKam"
    exit_code = ExitCode.CONFIG
