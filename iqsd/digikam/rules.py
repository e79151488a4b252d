"""Which of digiKam's settings hide from a person what iqsd writes, or from iqsd what a person decided. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from iqsd.digikam.kconfig import KConfig
from iqsd.photos.formats import format_of_name
from iqsd.sidecars import Naming

METADATA = "Metadata Settings"
ALBUMS = "Album Settings"
GENERAL = "General Settings"

SAVE_RATING = "Save Rating"
SAVE_LABEL = "Save Pick Label"
READ_SIDECARS = "Use XMP Sidecar For Reading"
COMPATIBLE_NAMES = "Use Compatible File Name"
WRITING_MODE = "Metadata Writing Mode"
_TO_PHOTO, _TO_SIDECAR, _TO_BOTH = "0", "1", "2"
_WRITTEN_INTO = ("JPEG", "PNG", "TIFF", "WebP")  # into RAW only if that is ticked as well; into HEIF never

_SIDECARS_TAB = "Settings > Configure digiKam > Metadata > Sidecars"
_BEHAVIOUR_TAB = "Settings > Configure digiKam > Metadata > Behavior"
_COLLECTIONS_TAB = "Settings > Configure digiKam > Collections"
_GENERAL_TAB = "Settings > Configure digiKam > Miscellaneous > Behaviour"
_SAVES = (
    "Save Tags",
    "Save Template",
    "Save FaceTags",
    "Save Position",
    "Save EXIF Comments",
    "Save Date Time",
    "Save Color Label",
    SAVE_LABEL,
    SAVE_RATING,
)


@dataclass(frozen=True)
class Finding:
    """A setting that is in the way.

    Attributes:
        group: its group in digikamrc.
        key: its key.
        found: its current value; digiKam's default if it is not set.
        wanted: the value it should have; None if only the person can decide.
        problem: what goes wrong because of it, in plain words.
        menu: where to find it in digiKam.
    """

    group: str
    key: str
    found: str
    wanted: str | None
    problem: str
    menu: str


@dataclass(frozen=True)
class _Switch:
    """A setting that has to be on, or off."""

    group: str
    key: str
    wanted: bool
    default: bool
    problem: str
    menu: str

    def judge(self, rc: KConfig) -> Finding | None:
        found = _is_on(rc, self.group, self.key, self.default)
        if found is self.wanted:
            return None
        return Finding(self.group, self.key, _text(found), _text(self.wanted), self.problem, self.menu)


_SWITCHES = (
    _Switch(
        METADATA,
        READ_SIDECARS,
        True,
        False,
        "digiKam does not read sidecars, so it shows nothing that iqsd writes",
        f"{_SIDECARS_TAB} > Read from sidecar files",
    ),
    _Switch(
        METADATA,
        "Rescan File If Modified",
        True,
        False,
        "digiKam looks at a photo only once: a sidecar that appears or changes later is never read",
        f"{_BEHAVIOUR_TAB} > Rescan file when files are modified",
    ),
    _Switch(
        METADATA,
        "Clear Metadata If Rescan",
        False,
        False,
        "whenever a sidecar changes, digiKam discards what only its database holds about the photo",
        f"{_BEHAVIOUR_TAB} > Clean up the metadata from the database when rescan files",
    ),
    _Switch(
        METADATA,
        SAVE_RATING,
        True,
        False,
        "stars given in digiKam stay in its database, so iqsd cannot see them and rates the photo",
        f"{_BEHAVIOUR_TAB} > Rating",
    ),
    _Switch(
        METADATA,
        SAVE_LABEL,
        True,
        False,
        "pick labels given in digiKam stay in its database, so iqsd cannot see them and labels the photo",
        f"{_BEHAVIOUR_TAB} > Pick label",
    ),
    _Switch(
        METADATA,
        "Use Lazy Synchronization",
        False,
        False,
        "digiKam writes stars and labels only when it is closed, and what iqsd writes before then replaces them",
        f"{_BEHAVIOUR_TAB} > Use lazy synchronization",
    ),
    _Switch(
        ALBUMS,
        "Album Monitoring",
        True,
        False,
        "while it is open, digiKam does not notice new sidecars; it reads them at its next start",
        f"{_COLLECTIONS_TAB} > Monitor the albums for external changes",
    ),
    _Switch(
        GENERAL,
        "Scan At Start",
        True,
        True,
        "digiKam does not look for new photos and sidecars when it is started",
        f"{_GENERAL_TAB} > Scan for new items at startup",
    ),
)


_SAVE_COLOUR = _Switch(
    METADATA,
    "Save Color Label",
    True,
    False,
    "colours given in digiKam stay in its database, and iqsd's (sidecars.colour_label) take their place",
    f"{_BEHAVIOUR_TAB} > Color label",
)


def judge(rc: KConfig, naming: Naming, *, colours: bool) -> list[Finding]:
    """Everything that is in the way, the most serious first; `colours`: whether iqsd writes colours too."""
    asked = (*_SWITCHES, _SAVE_COLOUR) if colours else _SWITCHES
    switches = [finding for switch in asked if (finding := switch.judge(rc))]
    others = [finding for finding in (_writing_mode(rc), _names(rc, naming)) if finding]
    return switches[:1] + others + switches[1:]


def keeps_to_itself(rc: KConfig, name: str | None = None) -> bool:
    """Whether stars or labels given in this digiKam are kept only in its database.

    Args:
        rc: its settings.
        name: those of a photo with this name; None: those of any photo.
    """
    if not all(_is_on(rc, METADATA, key, False) for key in (SAVE_RATING, SAVE_LABEL)):
        return True
    if _mode(rc) != _TO_PHOTO:
        return False
    kind = None if name is None else format_of_name(name)
    return name is None or (kind is not None and kind.name not in _WRITTEN_INTO)


def _writing_mode(rc: KConfig) -> Finding | None:
    """A digiKam that writes into photos now may go on doing so, but iqsd must not make one start."""
    mode = _mode(rc)
    if mode in (_TO_SIDECAR, _TO_BOTH):
        return None
    wanted, choice = _TO_SIDECAR, "Write to XMP sidecar only"
    if any(_is_on(rc, METADATA, key, False) for key in _SAVES):
        wanted, choice = _TO_BOTH, "Write to item and XMP Sidecar"
    return Finding(
        METADATA,
        WRITING_MODE,
        mode,
        wanted,
        "stars and labels given in digiKam do not reach the sidecar, so the sidecar's old ones come back",
        f"{_SIDECARS_TAB} > Write to sidecar files > {choice}",
    )


def _names(rc: KConfig, naming: Naming) -> Finding | None:
    """Changing the names that digiKam uses hides its existing sidecars: that is harmless only if it has none."""
    compatible = _is_on(rc, METADATA, COMPATIBLE_NAMES, False)
    wanted = naming is Naming.BASE
    if compatible is wanted:
        return None
    uses_sidecars = _is_on(rc, METADATA, READ_SIDECARS, False) or _mode(rc) != _TO_PHOTO
    theirs, ours = ("IMG.xmp", "IMG.jpg.xmp") if compatible else ("IMG.jpg.xmp", "IMG.xmp")
    other = Naming.BASE if compatible else Naming.FULL
    decide = f'; set naming = "{other.value}" under [sidecars] in iqsd\'s config.toml, or change it in digiKam'
    return Finding(
        METADATA,
        COMPATIBLE_NAMES,
        _text(compatible),
        None if uses_sidecars else _text(wanted),
        f"digiKam names a sidecar {theirs}, iqsd names it {ours}" + (decide if uses_sidecars else ""),
        f"{_SIDECARS_TAB} > Sidecar file names are compatible with commercial programs",
    )


def _mode(rc: KConfig) -> str:
    return rc.get(METADATA, WRITING_MODE) or _TO_PHOTO


def _is_on(rc: KConfig, group: str, key: str, default: bool) -> bool:
    """Read a switch as KDE does: everything but these four words is on."""
    text = rc.get(group, key)
    return default if text is None else text.lower() not in ("false", "no", "off", "0")


def _text(value: bool) -> str:
    return str(value).lower()
