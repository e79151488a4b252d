"""digiKam's own settings: where they are, which of them hide what iqsd writes, and how iqsd changes them if asked.

By default, digiKam reads no sidecars. `check` says what is in the way, `setup` changes it; docs/digikam.md describes
the same with digiKam's menus. Nothing else of digiKam's is ever written.
"""

from iqsd.digikam.change import Setup, check, setup
from iqsd.digikam.places import Config, find_configs
from iqsd.digikam.rules import Finding

__all__ = ["Config", "Finding", "Setup", "check", "find_configs", "setup"]
