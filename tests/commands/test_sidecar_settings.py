"""What `config.toml` says about sidecars is what `iqsd rescan` does. The details are in tests/sidecars."""

from iqsd.photos.reading import read_pixels
from iqsd.sidecars import Naming, Options, WriteTo, read
from tests.conftest import PHOTOS, Iqsd, copy_photos, digest, sidecar


def test_embedding_on_request_leaves_the_picture_as_it_is_and_can_be_undone(iqsd: Iqsd) -> None:
    iqsd.configure('[sidecars]\nwrite = "embedded"\n[watch]\nsettle_seconds = 0.3\n')
    photos = copy_photos(iqsd.pictures, 2)
    before = digest(iqsd.pictures)
    lines = {line["path"]: line for line in iqsd.rescan()}
    for photo, original in zip(photos, PHOTOS, strict=False):
        assert not sidecar(photo).exists()
        assert read(photo, Options(write=WriteTo.EMBEDDED)).rating == lines[str(photo)]["rating"]
        assert (read_pixels(photo, (9999, 9999)) == read_pixels(original, (9999, 9999))).all()
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    iqsd.journal.unlink()
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    iqsd.run("undo", iqsd.pictures)
    assert digest(iqsd.pictures) == before


def test_base_names_on_request(iqsd: Iqsd) -> None:
    iqsd.configure('[sidecars]\nnaming = "base"\n[watch]\nsettle_seconds = 0.3\n')
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    assert [p.name for p in iqsd.pictures.glob("*.xmp")] == [f"{photo.stem}.xmp"]
    assert read(photo, Options(naming=Naming.BASE)).record is not None
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}


def test_a_colour_and_a_keyword_on_request(iqsd: Iqsd) -> None:
    iqsd.configure("[sidecars]\ncolour_label = true\nkeyword = true\n[watch]\nsettle_seconds = 0.3\n")
    (photo,) = copy_photos(iqsd.pictures, 1)
    (line,) = iqsd.rescan()
    text = sidecar(photo).read_text()
    assert f"iqsd/{line['pick_label']}" in text
    assert {"rejected": "Red", "pending": "Yellow", "accepted": "Green"}[line["pick_label"]] in text
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
