"""Which names are one photo: a RAW file and the JPEG or HEIF of the same name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.photos.formats import FORMATS
from iqsd.photos.pairs import PairSidecars, is_left_out, others, to_decode

SUFFIXES = [suffix for entry in FORMATS for suffix in entry.suffixes] + [".MOV", ".xmp", ".Jpg", ".CR2", ""]
NAMES = st.tuples(st.sampled_from(["IMG_1", "img_1", "IMG_2"]), st.sampled_from(SUFFIXES)).map("".join)


@pytest.mark.parametrize(
    ("name", "beside", "found"),
    [
        ("IMG_1.CR2", ["IMG_1.JPG"], ("IMG_1.JPG",)),
        ("IMG_1.JPG", ["IMG_1.CR2"], ("IMG_1.CR2",)),
        ("IMG_1.CR3", ["IMG_1.HIF"], ("IMG_1.HIF",)),
        ("P1.rw2", ["p1.JPG"], ("p1.JPG",)),
        ("a.dng", ["a.heic", "a.jpg", "a.MOV"], ("a.heic", "a.jpg")),
        ("IMG_1.HEIC", ["IMG_1.MOV"], ()),  # a live photo
        ("IMG_1.HEIC", ["IMG_1.JPG"], ()),  # perhaps an edited copy
        ("IMG_1.CR2", ["IMG_1.DNG"], ()),  # converted
        ("IMG_1.CR2", ["IMG_1.TIF", "IMG_1.png"], ()),  # developed
        ("IMG_1.png", ["IMG_1.CR2", "IMG_1.JPG"], ()),  # developed, beside a pair
        ("IMG_1.CR2", ["IMG_10.JPG", "IMG_1.CR2.jpg", "IMG_1-2.JPG"], ()),
    ],
)
def test_other_halves(name: str, beside: list[str], found: tuple[str, ...]) -> None:
    assert others(name, beside) == found


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True))
def test_other_halves_are_mutual_and_all_open_the_same_file(names: list[str]) -> None:
    for name in names:
        halves = others(name, names)
        for half in halves:
            assert set(others(half, names)) | {half} == {*halves, name}
            assert to_decode([half, *others(half, names)]) == to_decode([name, *halves])


@pytest.mark.parametrize(
    ("halves", "opened"),
    [(["a.CR2", "a.JPG"], "a.JPG"), (["a.CR3", "a.HIF"], "a.CR3"), (["a.heic", "a.jpg", "a.dng"], "a.jpg")],
)
def test_the_half_that_costs_less_is_opened(halves: list[str], opened: str) -> None:
    assert to_decode(halves) == opened


@pytest.mark.parametrize(("wanted", "left_out"), [("both", []), ("raw", ["a.JPG"]), ("jpeg", ["a.NEF"])])
def test_a_half_is_left_out_by_choice(wanted: str, left_out: list[str]) -> None:
    assert [name for name in ("a.NEF", "a.JPG") if is_left_out(name, PairSidecars(wanted))] == left_out
