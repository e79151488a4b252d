"""digiKam's own settings: where they lie, which of them hide what iqsd writes, and how iqsd sets them if asked.

digiKam by default reads no sidecars. `check` says what stands in the way, `setup` changes it; docs/digikam.md says the
same in menus. Nothing else of digiKam's is ever written.
"""

from iqsd.digikam.change import Setup, check, setup
from iqsd.digikam.places import Config, find_configs
from iqsd.digikam.rules import Finding

__all__ = ["Config", "Finding", "Setup", "check", "find_configs", "setup"]
