"""Every catalog shows the stars and labels that `iqsd rescan` and `iqsd apply` gave, and what was there before."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from iqsd.sidecars import Decision, Field, Naming, Options, decide, sidecar_path
from tests.conftest import Iqsd

from .collection import ADOBE_TITLE, FACE, SETTLE, TAGS, TITLE, Marks, fill, marks, said
from .programs import darktable, digikam, exiftool, exiv2


class Library(NamedTuple):
    """Rated photos: where they are, how their sidecars are named, and what iqsd or a person said last about each."""

    pictures: Path
    naming: Naming
    said: dict[str, Marks]

    def sidecar(self, name: str) -> Path:
        return sidecar_path(self.pictures / name, self.naming)


@pytest.fixture(scope="module", params=list(Naming))
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, exiftool_is_here: None
) -> Library:
    iqsd = Iqsd(tmp_path_factory.mktemp("iqsd") / "home")
    iqsd.configure(f'{SETTLE}[sidecars]\nnaming = "{request.param.value}"\n')
    fill(iqsd.pictures)
    spoken = said(iqsd)
    assert len(spoken) == 6
    assert all(rating and label for rating, label in spoken.values())
    spoken["tagged.jpg"] = decided(iqsd.pictures / "tagged.jpg", spoken["tagged.jpg"], request.param)
    return Library(iqsd.pictures, request.param, spoken)


def decided(photo: Path, before: Marks, naming: Naming) -> Marks:
    """A person's decision in the report, as `iqsd apply` writes it, different from what iqsd said."""
    rating, label = 2 if before.rating == 5 else 5, 3 if before.pick_label == 1 else 1
    decisions = {
        Field.RATING: Decision(rating, before.rating, before.rating),
        Field.PICK_LABEL: Decision(label, before.pick_label, before.pick_label),
    }
    assert decide(photo, decisions, Options(naming))
    return Marks(rating, label)


@pytest.fixture(scope="module")
def shown_by_digikam(
    library: Library, tmp_path_factory: pytest.TempPathFactory, digikam_is_here: type[digikam.Digikam]
) -> dict[str, digikam.Seen]:
    program = digikam_is_here(tmp_path_factory.mktemp("digikam"), library.pictures)
    compatible = "true" if library.naming is Naming.BASE else "false"
    program.configure({"Use XMP Sidecar For Reading": "true", "Use Compatible File Name": compatible})
    return program.look()


@pytest.fixture(scope="module")
def shown_by_darktable(
    library: Library, tmp_path_factory: pytest.TempPathFactory, darktable_is_here: type[darktable.Darktable]
) -> dict[str, darktable.Seen]:
    return darktable_is_here(tmp_path_factory.mktemp("darktable")).look(library.pictures)


def test_exiftool_reads_what_iqsd_said(library: Library) -> None:
    found = exiftool.read(library.sidecar(name) for name in library.said)
    assert {name: marks(found[library.sidecar(name)]) for name in library.said} == library.said


def test_exiv2_reads_what_iqsd_said(library: Library, exiv2_is_here: None) -> None:
    found = {name: exiv2.read(library.sidecar(name)) for name in library.said}
    assert {
        n: Marks(int(f["Xmp.xmp.Rating"]), int(f["Xmp.digiKam.PickLabel"])) for n, f in found.items()
    } == library.said


def test_digikam_shows_what_iqsd_said(library: Library, shown_by_digikam: dict[str, digikam.Seen]) -> None:
    assert {name: Marks(seen.rating, seen.pick_label) for name, seen in shown_by_digikam.items()} == library.said


def test_darktable_shows_the_stars_that_iqsd_gave(
    library: Library, shown_by_darktable: dict[str, darktable.Seen]
) -> None:
    assert {name: seen.rating for name, seen in shown_by_darktable.items()} == {
        name: rating for name, (rating, _) in library.said.items()
    }


def test_all_that_was_embedded_is_in_the_sidecar_too(library: Library) -> None:
    photo, sidecar = library.pictures / "tagged.jpg", library.sidecar("tagged.jpg")
    found = exiftool.read([photo, sidecar])
    embedded = {key: value for key, value in found[photo].items() if key != "XMP-x:XMPToolkit"}
    assert "XMP-mwg-rs:RegionInfo" in embedded
    assert embedded.items() <= found[sidecar].items()


def test_digikam_still_shows_embedded_title_tags_and_faces(shown_by_digikam: dict[str, digikam.Seen]) -> None:
    seen = shown_by_digikam["tagged.jpg"]
    assert seen.title == TITLE
    assert seen.tags >= TAGS
    assert any(tag.rpartition("/")[2] == FACE for tag in seen.tags)
    assert seen.faces == 1


def test_digikam_shows_what_an_adobe_program_wrote_too(shown_by_digikam: dict[str, digikam.Seen]) -> None:
    assert shown_by_digikam["from adobe.jpg"].title == ADOBE_TITLE


def test_darktable_shows_what_an_adobe_program_wrote_too(shown_by_darktable: dict[str, darktable.Seen]) -> None:
    assert shown_by_darktable["from adobe.jpg"].title == ADOBE_TITLE


def test_darktable_still_shows_embedded_title_and_tags(shown_by_darktable: dict[str, darktable.Seen]) -> None:
    seen = shown_by_darktable["tagged.jpg"]
    assert seen.title == TITLE
    assert seen.tags >= {tag.rpartition("/")[2] for tag in TAGS}
