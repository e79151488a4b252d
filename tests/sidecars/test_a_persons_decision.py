"""`sidecars.decide`: a person's decision stands as a person's, in every place, through every later run and undo."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iqsd.errors import SidecarError
from iqsd.sidecars import Decision, Field, Naming, Options, WriteTo, decide, read, sidecar_path, undo, write
from iqsd.sidecars.atomic import ChangedMeanwhileError
from iqsd.sidecars.places import Place

from .sidecar_making import (
    AFTER_ITS_RATING,
    OTHER_PEOPLES,
    SHORTHAND,
    TITLE,
    exif,
    jpeg,
    photo_in,
    rate,
    record,
    sidecar_of,
    xmp,
)


def stars(value: int, stood: int | None = None, shown: int | None = None) -> dict[Field, Decision]:
    return {Field.RATING: Decision(value, stood, stood if shown is None else shown)}


def label(value: int, stood: int | None = None) -> dict[Field, Decision]:
    return {Field.PICK_LABEL: Decision(value, stood, stood)}


def both(photo: Path, rating: int, pick_label: int) -> bool:
    state = read(photo)
    return decide(photo, {**stars(rating, state.rating), **label(pick_label, state.pick_label)})


def check(photo: Path, rating: int | None, pick_label: int | None, options: Options | None = None) -> None:
    """Check that these values stand as a person's, whatever iqsd does."""
    for _ in range(2):
        state = read(photo, options)
        assert (state.rating, state.rating_is_persons) == (rating, True)
        assert (state.pick_label, state.pick_label_is_persons) == (pick_label, True)
        written = write(photo, record(photo, 4, 2, model="another"), options)
        assert (written.rating, written.pick_label) == (None, None)
    undo(photo, options)
    state = read(photo, options)
    assert (state.rating, state.pick_label) == (rating, pick_label)


def test_a_photo_without_a_sidecar_gets_one_that_keeps_what_is_embedded(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE)))
    original = photo.read_bytes()
    assert both(photo, 5, 3)
    assert b"A day &amp; a night" in sidecar_of(photo).read_bytes()
    assert photo.read_bytes() == original
    check(photo, 5, 3)


def test_it_overrules_what_iqsd_wrote(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    assert both(photo, 5, 1)
    assert read(photo).record == replace(record(photo), rating=None, pick_label=None)
    check(photo, 5, 1)


def test_a_value_that_a_person_confirms_is_the_persons(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    assert both(photo, 3, 2)
    check(photo, 3, 2)


def test_one_field_leaves_the_other_to_iqsd(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    decide(photo, stars(1, 3))
    state = read(photo)
    assert (state.rating, state.rating_is_persons) == (1, True)
    assert (state.pick_label, state.pick_label_is_persons) == (2, False)
    assert write(photo, record(photo, 5, 3)).pick_label == 3
    undo(photo)
    assert (read(photo).rating, read(photo).pick_label) == (1, None)


def test_stars_and_labels_can_be_taken_away_and_stay_away(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    assert both(photo, 0, 0)
    check(photo, None, None)


def test_a_person_may_think_again(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    for rating, pick_label in ((5, 3), (2, 1), (0, 0), (4, 2)):
        assert both(photo, rating, pick_label)
        assert (read(photo).rating or 0, read(photo).pick_label or 0) == (rating, pick_label)
    check(photo, 4, 2)


def test_deciding_a_second_time_changes_nothing(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    assert decide(photo, stars(5, 3))
    before = sidecar_of(photo).read_bytes(), sidecar_of(photo).stat().st_ino
    assert not decide(photo, stars(5, 3))
    assert (sidecar_of(photo).read_bytes(), sidecar_of(photo).stat().st_ino) == before


def test_a_dry_run_writes_nothing_and_names_what_is_write_protected(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    assert decide(photo, stars(5), dry_run=True)
    assert list(tmp_path.iterdir()) == [photo]
    rate(photo, 3, 2)
    sidecar_of(photo).chmod(0o444)
    with pytest.raises(SidecarError, match="write-protected"):
        decide(photo, stars(5, 3), dry_run=True)


def test_what_was_shown_may_have_been_written_since(tmp_path: Path) -> None:
    """The report showed what iqsd would write, and then iqsd wrote it."""
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    assert decide(photo, stars(5, stood=None, shown=3))
    check_rating = read(photo)
    assert (check_rating.rating, check_rating.rating_is_persons) == (5, True)


@pytest.mark.parametrize(
    ("values", "decision"),
    [
        ({"xmp_Rating": 2}, stars(5, 3)),
        ({"xmp_Rating": 2}, stars(5, None)),
        ({"xmp_Rating": 2}, stars(5, stood=None, shown=2)),
        ({}, stars(5, 3)),
        ({"digiKam_PickLabel": 1}, label(3, 2)),
    ],
)
def test_what_somebody_changed_since_is_left_alone(
    tmp_path: Path, values: dict[str, str | int], decision: dict[Field, Decision]
) -> None:
    photo = photo_in(tmp_path)
    sidecar_of(photo, xmp(**values))
    with pytest.raises(SidecarError, match="has changed since"):
        decide(photo, decision)
    assert sidecar_of(photo).read_bytes() == xmp(**values)


def test_an_existing_label_is_named(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar_of(photo, xmp(digiKam_PickLabel=1))
    with pytest.raises(SidecarError, match="its pick label has changed since; it is rejected now"):
        decide(photo, {Field.PICK_LABEL: Decision(3, stood=2, shown=2)})


def test_a_decision_is_written_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar_of(photo, xmp(xmp_Rating=2, digiKam_PickLabel=1))
    with pytest.raises(SidecarError):
        decide(photo, {**stars(5, 2), **label(3, 2)})
    assert sidecar_of(photo).read_bytes() == xmp(xmp_Rating=2, digiKam_PickLabel=1)


@pytest.mark.parametrize("data", [jpeg(exif_block=exif(rating=3)), jpeg(xmp(xmp_Rating=3))])
def test_a_value_where_iqsd_does_not_write_cannot_be_taken_away(tmp_path: Path, data: bytes) -> None:
    photo = photo_in(tmp_path, data=data)
    with pytest.raises(SidecarError, match="cannot remove it"):
        decide(photo, stars(0, 3))
    assert list(tmp_path.iterdir()) == [photo]
    assert decide(photo, stars(5, 3))
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)


@pytest.mark.parametrize("data", [jpeg(exif_block=exif(rating=3)), jpeg(xmp(xmp_Rating=3))])
def test_a_value_in_a_photo_that_need_not_be_opened_cannot_be_taken_away(tmp_path: Path, data: bytes) -> None:
    photo = photo_in(tmp_path, data=data)
    before = xmp(xmp_Rating=4, digiKam_PickLabel=3)
    sidecar = sidecar_of(photo, before)
    with pytest.raises(SidecarError, match="cannot remove it"):
        decide(photo, stars(0, 4))
    assert sidecar.read_bytes() == before
    assert decide(photo, stars(5, 4))


@pytest.mark.parametrize("before", OTHER_PEOPLES.values(), ids=OTHER_PEOPLES)
def test_other_peoples_sidecars_lose_nothing(tmp_path: Path, before: bytes) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, before)
    both(photo, 5, 3)
    both(photo, 0, 0)
    kept = sidecar.read_bytes()
    for word in (b"darktable:params", b"crs:Parameters", b"nobody may lose this", b"dc:title"):
        assert kept.count(word) == before.count(word)


def test_mirrors_follow(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(xmp_Rating=1, acdsee_rating=1, MicrosoftPhoto_Rating=1))
    decide(photo, stars(5, 1))
    text = sidecar.read_text()
    assert [v in text for v in ('xmp:Rating="5"', 'acdsee:rating="5"', 'MicrosoftPhoto:Rating="99"')] == [True] * 3


def test_sidecars_with_either_name_both_say_it(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar_of(photo, xmp())
    sidecar_path(photo, Naming.BASE).write_bytes(SHORTHAND)
    both(photo, 4, 3)
    for sidecar in (sidecar_of(photo), sidecar_path(photo, Naming.BASE)):
        assert b"4" in sidecar.read_bytes()
    check(photo, 4, 3)


def test_a_new_sidecar_beside_one_with_the_other_name_still_records_what_is_iqsds(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    by_base = rate(photo, 3, 2, Options(naming=Naming.BASE)).path
    decide(photo, stars(5, 3))
    by_base.unlink()
    state = read(photo)
    assert (state.rating, state.rating_is_persons) == (5, True)
    assert (state.pick_label, state.pick_label_is_persons) == (2, False)
    assert state.record == replace(record(photo), rating=None)


def test_a_persons_value_in_the_photo_needs_no_sidecar(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(xmp_Rating=5)))
    assert not decide(photo, stars(5, 5))
    assert list(tmp_path.iterdir()) == [photo]


def test_a_decision_goes_into_the_photo_if_iqsd_writes_there(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    options = Options(write=WriteTo.EMBEDDED)
    rate(photo, 3, 2, options)
    decide(photo, {**stars(5, 3), **label(1, 2)}, options)
    assert list(tmp_path.iterdir()) == [photo]
    state = read(photo, options)
    assert state.record is not None
    assert state.record.photo_size == photo.stat().st_size
    check(photo, 5, 1, options)


@pytest.mark.parametrize("write_to", WriteTo)
def test_a_photo_that_iqsd_has_not_rated_takes_a_decision_and_shows_no_colour_of_iqsds(
    tmp_path: Path, write_to: WriteTo
) -> None:
    photo = photo_in(tmp_path)
    options = Options(colour_label=True, keyword=True, write=write_to)
    assert decide(photo, {**stars(5), **label(3)}, options)
    state = read(photo, options)
    assert (state.rating, state.pick_label, state.record) == (5, 3, None)
    assert b"Green" not in state.path.read_bytes()


@pytest.mark.parametrize(("colour_label", "keyword"), [(True, True), (True, False), (False, True)])
def test_colour_and_keyword_show_the_label_that_the_person_gave(
    tmp_path: Path, colour_label: bool, keyword: bool
) -> None:
    photo = photo_in(tmp_path)
    options = Options(colour_label=colour_label, keyword=keyword)
    rate(photo, 3, 2, options)
    decide(photo, label(3, 2), options)
    text = sidecar_of(photo).read_text()
    assert ("iqsd/accepted" in text) is keyword
    assert "<rdf:li>iqsd/pending" not in text
    assert ('xmp:Label="Green"' in text) is colour_label


def test_force_can_overrule_it_and_undo_brings_it_back(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    both(photo, 5, 3)
    rate(photo, 1, 1, force=True)
    assert read(photo).rating == 1
    undo(photo)
    assert (read(photo).rating, read(photo).pick_label) == (5, 3)


def test_a_sidecar_that_cannot_be_understood_is_left_as_it_is(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar_of(photo, b"<x:xmpmeta")
    with pytest.raises(SidecarError):
        decide(photo, stars(5))
    assert sidecar_of(photo).read_bytes() == b"<x:xmpmeta"


_NUMBERS = itertools.count()
_VALUES = st.tuples(st.integers(0, 5), st.integers(0, 3))


@given(
    st.lists(st.one_of(st.tuples(st.just("iqsd"), _VALUES), st.tuples(st.just("person"), _VALUES)), max_size=6), _VALUES
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_went_before_the_last_decision_stands(
    tmp_path: Path, steps: list[tuple[str, tuple[int, int]]], last: tuple[int, int]
) -> None:
    folder = tmp_path / str(next(_NUMBERS))
    folder.mkdir()
    photo = photo_in(folder)
    for who, (rating, pick_label) in steps:
        if who == "iqsd":
            rate(photo, max(1, rating), max(1, pick_label))
        else:
            both(photo, rating, pick_label)
    both(photo, *last)
    os.utime(photo, AFTER_ITS_RATING)  # touched, not changed
    check(photo, last[0] or None, last[1] or None)


def with_two_sidecars(folder: Path) -> Path:
    photo = photo_in(folder)
    rate(photo, 2, 2, Options(naming=Naming.BASE))
    sidecar_path(photo).write_bytes(sidecar_path(photo, Naming.BASE).read_bytes())
    return photo


def change_the_second(monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]) -> None:
    """Have another program change the second sidecar just before it is written."""
    real, calls = Place.save, itertools.count(1)

    def save(self: Place, data: bytes, like: os.stat_result | None) -> None:
        if next(calls) == 2:
            change(self.path)
            raise ChangedMeanwhileError(self.path)
        real(self, data, like)

    monkeypatch.setattr(Place, "save", save)


def test_a_second_sidecar_that_changes_at_that_moment_gets_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = with_two_sidecars(tmp_path)
    change_the_second(monkeypatch, lambda path: path.write_bytes(path.read_bytes() + b"\n"))
    assert decide(photo, stars(5, 2))
    assert [b'xmp:Rating="5"' in file.read_bytes() for file in sorted(tmp_path.glob("*.xmp"))] == [True, True]


def test_another_decision_made_in_a_second_sidecar_at_that_moment_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = with_two_sidecars(tmp_path)
    change_the_second(monkeypatch, lambda path: path.write_bytes(xmp(xmp_Rating=1)))
    with pytest.raises(SidecarError, match="it is 1 now"):
        decide(photo, stars(5, 2))
    assert sorted(b'xmp:Rating="1"' in file.read_bytes() for file in tmp_path.glob("*.xmp")) == [False, True]
