"""What a score is made of, how far it is from another verdict, and what covering parts of a photo does to it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd import sidecars
from iqsd.explaining import explanation
from iqsd.explaining.explanation import Explainer, standing
from iqsd.explaining.occlusion import occlude
from iqsd.explaining.picture import draw, sentences
from iqsd.explaining.score import margins, parts
from iqsd.journal import IN_MEMORY, Journal
from iqsd.models import shipped_model
from iqsd.photos import pairs
from iqsd.photos.formats import Pixels
from iqsd.policy import Policy
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.fitting import Region, seen
from iqsd.scoring.metadata import Input, Thresholds, read_metadata
from iqsd.verdict import judge
from iqsd.views.bars import bar, gauge, marks
from tests.conftest import copy_photos

METADATA = read_metadata(shipped_model())
THRESHOLDS = Thresholds(20, 50, (20, 40, 60, 80))
POLICY = Policy(METADATA.name, THRESHOLDS, sidecars.Options())


def said(score: float, **faults: float) -> str:
    assessment = Assessment(score, 5.0, 3.0, faults, "m/1")
    return "; ".join(margins(assessment, judge(assessment, THRESHOLDS), THRESHOLDS))


def test_the_margins_say_what_is_missing_and_what_is_to_spare() -> None:
    assert said(15) == "5.0 short of pending (from 20)"
    assert (
        said(45) == "5.0 short of accepted (from 50); 25.0 above rejected (below 20); 15.0 short of 4 stars (from 60)"
    )
    assert said(90) == "40.0 above the line for accepted (50); 70.0 above rejected (below 20)"


def test_the_margins_say_when_a_fault_decides_and_not_the_score() -> None:
    assert said(90, blur=0.7).startswith("the score is high enough for accepted (from 50), but: blur;")
    assert said(90, blur=0.7, motion_blur=0.7).startswith(
        "the score is high enough for accepted (from 50), but: motion blur;"
    )
    assert (
        said(90, overexposure=1.0) == "rejected because nothing can be seen; the score alone would be enough (from 20)"
    )


@given(st.floats(1, 5), st.floats(1, 10))
def test_the_parts_of_a_score_add_up_to_it(quality: float, aesthetic: float) -> None:
    made_of = parts(Assessment(0, aesthetic, quality, {}, METADATA.name), METADATA).outputs
    score = round(sum(part.points for part in made_of), 1)
    found = parts(Assessment(score, aesthetic, quality, {}, METADATA.name), METADATA)
    assert found.faults == 0
    assert parts(Assessment(score / 2, aesthetic, quality, {}, METADATA.name), METADATA).faults <= 0


def test_a_record_without_the_means_has_no_parts() -> None:
    assert parts(Assessment(50, None, None, {}, "m/1"), METADATA).outputs == ()


def test_the_scores_of_a_folder_are_read_once_for_all_its_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(IN_MEMORY) as journal:
        scores, asked = journal.scores, list[Path]()

        def count(folder: Path, model: str) -> dict[str, float]:
            asked.append(folder)
            return scores(folder, model)

        monkeypatch.setattr(journal, "scores", count)
        explainer = Explainer(METADATA, POLICY, journal)
        for photo in copy_photos(tmp_path / "a") + copy_photos(tmp_path / "b"):
            explainer.explain(photo, photo, Assessment(50, 5.0, 3.0, {}, METADATA.name), None, is_known=False)
    assert asked == [tmp_path / "a", tmp_path / "b"]


def test_only_files_of_its_name_are_asked_whether_they_are_the_other_half_of_a_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(IN_MEMORY) as journal:
        names = ["a.jpg", *(f"IMG_{number}.jpg" for number in range(100))]
        monkeypatch.setattr(journal, "scores", lambda folder, model: dict.fromkeys(names, 50.0))
        asked = list[str]()

        def others(name: str, neighbours: Iterable[str]) -> tuple[str, ...]:
            asked.extend(neighbours)
            return pairs.others(name, neighbours)

        monkeypatch.setattr(explanation, "others", others)
        photo = copy_photos(tmp_path, 1)[0].rename(tmp_path / "a.jpg")
        explainer = Explainer(METADATA, POLICY, journal)
        found = explainer.explain(photo, photo, Assessment(50, 5.0, 3.0, {}, METADATA.name), None, is_known=False)
    assert asked == ["a.jpg"]
    assert found.standing is not None
    assert found.standing.of == 101


def test_a_rank_in_the_folder_takes_ten_photos_and_is_shared_by_equals() -> None:
    assert standing(50, [10] * 8) is None
    place = standing(50, [90, 50, 50, *[10] * 6])
    assert place is not None
    assert (place.place, place.of, place.upper_percent) == (2, 10, 20)


def test_covering_the_part_that_counts_lowers_the_score_there_and_nowhere_else() -> None:
    canvas = np.random.default_rng(1).integers(0, 256, (100, 100, 3), np.uint8)
    found = occlude(canvas, lambda picture: float(picture[40:60, 10:30].std()))  # only detail in one place counts
    assert found.lowers > 10
    assert np.unravel_index(found.effects.argmin(), found.effects.shape)[0] in range(30, 70)
    assert abs(found.effects[:, 60:]).max() < 1e-3


def test_a_score_that_responds_to_nothing_is_reported_as_such() -> None:
    found = occlude(np.full((100, 100, 3), 90, np.uint8), lambda _: 50.0)
    assert (found.lowers, found.raises) == (0, 0)
    assert "No part matters much" in " ".join(sentences(found, "m/1", whole=True))


FITS = {
    "squash": (Region(0, 0, 600, 400), Region(0, 0, 100, 100)),
    "crop": (Region(100, 0, 400, 400), Region(0, 0, 100, 100)),
    "pad": (Region(0, 0, 600, 400), Region(0, 16, 100, 67)),
}


@pytest.mark.parametrize("fit", FITS)
def test_areas_that_the_model_does_not_see_are_known_and_dark(fit: str) -> None:
    how = Input(100, 100, "rgb", (0, 0, 0), (255, 255, 255), fit, "area")
    assert seen(how, 600, 400) == FITS[fit]
    photo: Pixels = np.full((400, 600, 3), 200, np.uint8)
    picture = draw(photo, how, occlude(np.full((100, 100, 3), 200, np.uint8), lambda _: 50.0), "m/1")
    assert (int(picture[300, 20].max()) < 100) == (fit == "crop")
    assert picture[300, 512].min() > 150


@given(st.floats(0, 1), st.integers(1, 40), st.sampled_from(["utf-8", "ascii"]))
def test_a_bar_is_as_long_as_its_share(share: float, width: int, encoding: str) -> None:
    drawn = marks(encoding)
    assert abs(len(bar(share, width, drawn)) - share * width) <= 1
    assert len(gauge(share, 0.5, width, drawn)) == width
    assert bar(share, width, drawn).encode(encoding) is not None
