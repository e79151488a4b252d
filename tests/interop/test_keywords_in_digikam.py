"""Keyword and colour, which digiKam copies to every place where it keeps such things, follow the verdict everywhere."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.conftest import Iqsd, copy_photos, digest

from .collection import ALL_ACCEPTED, ALL_REJECTED, said
from .programs import exiftool
from .programs.digikam import Digikam, Window
from .test_a_persons_word_in_digikam import SAME_DATE_S, SHARING

SHOWN = "[sidecars]\nkeyword = true\ncolour_label = true\n"


def test_only_the_last_verdicts_keyword_and_colour_stand_and_undo_takes_them_all_back(
    tmp_path: Path, digikam_is_here: type[Digikam], exiftool_is_here: None
) -> None:
    iqsd = Iqsd(tmp_path / "home")
    tagged, plain = copy_photos(iqsd.pictures, 2)
    exiftool.write(tagged, "-XMP-digiKam:TagsList=Orte/Tal", "-XMP-dc:Subject=Tal")
    before = digest(iqsd.pictures)
    digikam = digikam_is_here(tmp_path / "digikam", iqsd.pictures)
    digikam.configure({**SHARING, "Save Tags": "true", "Save Color Label": "true"}, monitoring=True)
    iqsd.configure(ALL_ACCEPTED + SHOWN)
    said(iqsd)
    with digikam.open() as window:
        write_all(window, digikam, iqsd)
        assert {"iqsd/accepted", "accepted"} <= words(iqsd)
        assert {found["XMP-photoshop:Urgency"] for found in everything(iqsd).values()} == {4}
        iqsd.configure(ALL_REJECTED + SHOWN)
        said(iqsd)
        assert {"iqsd/rejected", "iqsd|rejected"} <= words(iqsd)
        assert not any("accepted" in word for word in words(iqsd))
        time.sleep(2 * SAME_DATE_S)
        digikam.wait_until_still()
        write_all(window, digikam, iqsd)
        assert "iqsd/accepted" in words(iqsd)  # from digiKam's database
        assert {found["XMP-photoshop:Urgency"] for found in everything(iqsd).values()} == {1}
        iqsd.run("rescan", iqsd.pictures)
        assert not any("accepted" in word for word in words(iqsd))
        write_all(window, digikam, iqsd)
    assert iqsd.run("undo", iqsd.pictures).returncode == 0
    assert before.items() <= digest(iqsd.pictures).items()
    assert not any("accepted" in word or "rejected" in word for word in words(iqsd))
    afresh = digikam_is_here(tmp_path / "afresh", iqsd.pictures)
    afresh.configure(SHARING)
    assert {name: seen.tags for name, seen in afresh.look().items()} == {
        tagged.name: frozenset({"Orte/Tal"}),
        plain.name: frozenset(),
    }
    assert not any("Urgency" in key or "Label" in key for found in everything(iqsd).values() for key in found)


def everything(iqsd: Iqsd) -> dict[Path, dict[str, Any]]:
    """Everything in the sidecars; nothing if there are none."""
    files = sorted(iqsd.pictures.glob("*.xmp"))
    return exiftool.read(files) if files else {}


def words(iqsd: Iqsd) -> set[str]:
    """All keywords in all their forms; for ACDSee's categories the whole text."""
    found: set[str] = set()
    for properties in everything(iqsd).values():
        for key, value in properties.items():
            if any(name in key for name in ("Subject", "TagsList", "Keyword", "CatalogSets", "Categories")):
                found |= set(value if isinstance(value, list) else [str(value)]) if "iqsd:" not in key else set()
    return found


def write_all(window: Window, digikam: Digikam, iqsd: Iqsd) -> None:
    """Have digiKam write everything that it knows about all photos."""

    def dates() -> list[int]:
        return [file.stat().st_mtime_ns for file in sorted(iqsd.pictures.glob("*.xmp"))]

    time.sleep(SAME_DATE_S)
    old = dates()
    window.write_metadata(until=lambda: all(now != then for now, then in zip(dates(), old, strict=True)))
    digikam.wait_until_still()
