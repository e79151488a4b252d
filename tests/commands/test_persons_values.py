"""What a person set stays, whatever iqsd thinks of the photo."""

import re
from pathlib import Path

import pyexiv2
import pytest

from iqsd.sidecars import read
from tests.conftest import Iqsd, copy_photos, digest, sidecar

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:digiKam="http://www.digikam.org/ns/1.0/" {values}/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def embed(photo: Path, kind: str, values: dict[str, object]) -> None:
    """Write metadata into a photo, as its camera or a person's program did."""
    with pyexiv2.Image(str(photo)) as image:
        getattr(image, f"modify_{kind}")(values)


def test_a_sidecar_with_both_values_is_kept_byte_for_byte_and_the_photo_is_not_opened(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    photo.write_bytes(b"\xff\xd8\xff")  # opening it would fail
    sidecar(photo).write_text(PACKET.format(values='xmp:Rating="4" digiKam:PickLabel="1"'))
    before = digest(iqsd.pictures)
    (line,) = iqsd.rescan()
    assert line["status"] == "kept"
    assert digest(iqsd.pictures) == before


@pytest.mark.parametrize(
    ("kind", "values", "rating"),
    [
        ("xmp", {"Xmp.xmp.Rating": "5"}, 5),
        ("xmp", {"Xmp.MicrosoftPhoto.Rating": "75"}, 4),
        ("exif", {"Exif.Image.Rating": "3"}, 3),
    ],
)
def test_a_rating_embedded_in_the_photo_is_kept_and_only_the_label_is_written(
    iqsd: Iqsd, kind: str, values: dict[str, object], rating: int
) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    embed(photo, kind, values)
    original = photo.read_bytes()
    (line,) = iqsd.rescan()
    assert line["written"]["rating"] is None
    assert line["written"]["pick_label"] is not None
    state = read(photo)
    assert (state.rating, state.rating_is_persons) == (rating, True)
    assert photo.read_bytes() == original


def test_the_lines_and_the_summary_show_no_stars_and_no_label_that_are_not_written(iqsd: Iqsd) -> None:
    labelled, plain, starred = copy_photos(iqsd.pictures, 3)
    sidecar(labelled).write_text(PACKET.format(values='digiKam:PickLabel="1"'))
    sidecar(starred).write_text(PACKET.format(values='xmp:Rating="1"'))
    iqsd.configure("[rating]\nreject_below = 0\naccept_from = 0\nstars = [0, 0, 0, 0]\n")
    for more, done in ((["--dry-run"], "would be rated"), ([], "rated")):
        *rows, summary = iqsd.run("rescan", iqsd.pictures, *more).stdout.splitlines()
        told = {photo: next(row for row in rows if photo.name in row) for photo in (labelled, plain, starred)}
        assert re.fullmatch(r" *[\d.]+  \*{5}  accepted  /.*\)", told[plain])
        assert re.fullmatch(r" *[\d.]+         accepted  /.*\), stars left to the person", told[starred])
        assert re.fullmatch(r" *[\d.]+  \*{5}            /.*\), label left to the person", told[labelled])
        counted = "2 accepted, 0 pending, 0 rejected; 2 with a person's stars or label left as they were"
        assert summary.startswith(f"3 {done} ({counted}), 0 kept")


def test_a_rating_given_by_hand_after_iqsds_stays_through_every_later_run(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    (line,) = iqsd.rescan()
    mine = 5 if line["rating"] != 5 else 4
    file = sidecar(photo)
    file.write_text(file.read_text().replace(f'xmp:Rating="{line["rating"]}"', f'xmp:Rating="{mine}"'))
    for config in ("", "[rating]\nreject_below = 100\naccept_from = 100\n"):
        iqsd.configure(config)
        iqsd.rescan()
        assert read(photo).rating == mine
        assert read(photo).rating_is_persons
    assert read(photo).pick_label == 1  # nobody touched the label by hand, so it follows the new thresholds


def test_force_is_the_only_way_past_a_persons_rating(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    sidecar(photo).write_text(PACKET.format(values='xmp:Rating="-1" digiKam:PickLabel="1"'))
    iqsd.rescan("--force")
    state = read(photo)
    assert state.rating != -1
    assert not state.rating_is_persons
