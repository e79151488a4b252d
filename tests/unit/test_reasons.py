"""The words of a verdict: each follows from figures, as docs/verdicts.md says."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.models import shipped_model
from iqsd.scoring.assessment import FAULTS, Assessment
from iqsd.scoring.metadata import Thresholds, read_metadata
from iqsd.verdict import judge

THRESHOLDS = Thresholds(10, 70, (20, 40, 60, 80), {"aesthetic": (4.0, 5.5), "quality": (2.5, 4.0)})
PAGE = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text("utf-8")


def words(aesthetic: float | None, quality: float | None, **faults: float) -> list[str]:
    *said, _ = judge(Assessment(50, aesthetic, quality, faults, "m/1"), THRESHOLDS).reasons
    return said


def test_an_unremarkable_photo_is_described_by_its_figures_alone() -> None:
    assert words(5.0, 3.0) == []


def test_a_remarkable_figure_is_named_from_exactly_the_cut_on() -> None:
    assert words(5.5, 4.0) == ["strong picture", "technically clean"]
    assert words(5.49, 3.99) == []
    assert words(3.99, 2.49) == ["plain picture", "technically weak"]
    assert words(4.0, 2.5) == []


def test_a_photo_with_a_hint_of_a_fault_is_not_called_clean_but_may_be_called_strong() -> None:
    assert words(6.0, 4.5, blur=0.24) == ["strong picture", "technically clean"]
    assert words(6.0, 4.5, blur=0.25) == ["strong picture"]
    assert words(6.0, 4.5, blur=0.6) == ["soft focus", "strong picture"]


def test_a_blur_is_named_by_its_kind_if_that_is_known() -> None:
    assert words(None, None, blur=0.7, motion_blur=0.7, noise=0.6) == ["motion blur", "noisy"]
    assert words(None, None, blur=0.97, motion_blur=0.97) == ["badly blurred by motion"]
    assert words(None, None, blur=0.7, motion_blur=0.0) == ["soft focus"]


def test_a_weakness_that_a_named_fault_explains_is_not_named_twice() -> None:
    assert words(3.0, 1.5, noise=0.5) == ["noisy"]


def test_a_model_without_reference_photos_gets_no_such_words() -> None:
    reasons = judge(Assessment(50, 9.0, 4.9, {}, "m/1"), Thresholds(10, 70, (20, 40, 60, 80))).reasons
    assert reasons == ("score 50 of 100 (quality 4.9 of 5, aesthetic 9.0 of 10)",)


def test_the_shipped_model_has_reference_photos_for_both() -> None:
    standouts = read_metadata(shipped_model()).thresholds.standouts
    assert sorted(standouts) == ["aesthetic", "quality"]
    assert all(low < high for low, high in standouts.values())


means = st.none() | st.floats(1, 10)
faults = st.dictionaries(st.sampled_from(FAULTS), st.floats(0, 1))


@given(means, st.none() | st.floats(1, 5), faults)
def test_every_word_is_in_the_table_for_people(
    aesthetic: float | None, quality: float | None, found: dict[str, float]
) -> None:
    table = re.findall(r"^\| ([a-z][^|]+) \|", PAGE, re.MULTILINE)
    known = {word for cell in table for word in cell.split("; ")}
    assert set(words(aesthetic, quality, **found)) <= known


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_words_of_its_own(fault: str) -> None:
    mild, severe = (words(None, None, **{fault: value})[0] for value in (0.5, 0.95))
    assert len({mild, severe, fault}) == 3
