"""What a frame's group makes of its verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.bursts.grouping import Group
from iqsd.bursts.membership import Kind, Membership
from iqsd.bursts.stepping_down import Standing, Word, memberships, step_down
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel, Verdict
from tests.bursts.shooting import frame, view

THRESHOLDS = Thresholds(20, 50, (20, 35, 50, 80))
ACCEPTED = Verdict(5, PickLabel.ACCEPTED, ("score 85 of 100",))


def place(number: int, kind: Kind = Kind.BURST) -> Membership:
    return Membership(kind, "a.jpg", 7, number, "b.jpg")


def test_the_best_stays_and_says_so() -> None:
    assert step_down(ACCEPTED, place(1), THRESHOLDS) == Verdict(
        5, PickLabel.ACCEPTED, ("score 85 of 100", "the best of 7 alike")
    )


def test_a_frame_that_would_be_accepted_becomes_pending_with_fewer_stars_than_any_accepted_one() -> None:
    down = step_down(ACCEPTED, place(3), THRESHOLDS)
    assert down == Verdict(3, PickLabel.PENDING, ("3rd of 7 alike, b.jpg is the best", "score 85 of 100"))


@pytest.mark.parametrize("label", [PickLabel.PENDING, PickLabel.REJECTED])
def test_a_frame_that_is_not_accepted_stays_as_it_is(label: PickLabel) -> None:
    own = Verdict(1, label, ("soft focus",))
    assert step_down(own, place(2), THRESHOLDS) == Verdict(
        1, label, ("soft focus", "2nd of 7 alike, b.jpg is the best")
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [(Kind.BRACKET, "part of an exposure bracket of 7"), (Kind.PANORAMA, "part of a panorama of 7")],
)
def test_brackets_and_panoramas_are_left_whole(kind: Kind, words: str) -> None:
    assert step_down(ACCEPTED, place(5, kind), THRESHOLDS) == Verdict(5, PickLabel.ACCEPTED, ("score 85 of 100", words))


def test_a_photo_that_stands_alone_keeps_its_verdict() -> None:
    assert step_down(ACCEPTED, None, THRESHOLDS) is ACCEPTED


@given(
    label=st.sampled_from([PickLabel.REJECTED, PickLabel.PENDING, PickLabel.ACCEPTED]),
    stars=st.integers(1, 5),
    number=st.integers(1, 30),
    kind=st.sampled_from(Kind),
    cuts=st.lists(st.floats(0, 100), min_size=4, max_size=4).map(sorted),
    accept=st.floats(0, 100),
)
def test_no_frame_is_rejected_or_raised_for_being_alike(
    label: PickLabel, stars: int, number: int, kind: Kind, cuts: list[float], accept: float
) -> None:
    own = Verdict(stars, label, ("reason",))
    thresholds = Thresholds(0, accept, (cuts[0], cuts[1], cuts[2], cuts[3]))
    down = step_down(own, Membership(kind, "a", 30, number, "b"), thresholds)
    assert down.pick_label <= own.pick_label
    assert 1 <= down.rating <= own.rating
    assert (down.pick_label is PickLabel.REJECTED) == (own.pick_label is PickLabel.REJECTED)
    assert "reason" in down.reasons


@pytest.mark.parametrize(
    ("number", "words"), [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (112, "112th")]
)
def test_places_read_as_people_say_them(number: int, words: str) -> None:
    assert step_down(ACCEPTED, place(number), THRESHOLDS).reasons[0].startswith(f"{words} of")


FRAMES = tuple(frame(view("garden"), name, n) for n, name in enumerate(("a.jpg", "b.jpg", "c.jpg")))


def ranked(**standings: Standing) -> list[str]:
    places = memberships([Group(Kind.BURST, FRAMES)], {f"{name}.jpg": s for name, s in standings.items()})
    assert {one.group for one in places.values()} == {"a.jpg"}
    return sorted(places, key=lambda name: places[name].place)


def test_the_better_label_is_better_and_then_the_higher_score() -> None:
    assert ranked(
        a=Standing(Word.NOTHING, PickLabel.PENDING, 90),  # it has a fault
        b=Standing(Word.NOTHING, PickLabel.ACCEPTED, 60),
        c=Standing(Word.NOTHING, PickLabel.ACCEPTED, 70),
    ) == ["c.jpg", "b.jpg", "a.jpg"]


def test_of_two_equally_good_frames_the_one_taken_first_is_the_best() -> None:
    same = Standing(Word.NOTHING, PickLabel.ACCEPTED, 60)
    assert ranked(a=same, b=same, c=same) == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize(
    ("words", "best"),
    [
        ((Word.NOTHING, Word.REJECTED), "b.jpg"),
        ((Word.CHOSEN, Word.REJECTED), "a.jpg"),
        ((Word.NOTHING, Word.NOTHING), "a.jpg"),
    ],
)
def test_a_persons_decision_on_one_file_of_a_frame_applies_to_the_frame(words: tuple[Word, Word], best: str) -> None:
    pair = replace(FRAMES[0], names=("a.jpg", "a.nef"))
    standings = {
        "a.jpg": Standing(words[0], PickLabel.ACCEPTED, 90),
        "a.nef": Standing(words[1], PickLabel.ACCEPTED, 90),
        "b.jpg": Standing(Word.NOTHING, PickLabel.PENDING, 40),
    }
    assert memberships([Group(Kind.BURST, (pair, FRAMES[1]))], standings)["a.nef"].best == best


def test_a_persons_decision_outranks_every_score() -> None:
    assert ranked(
        a=Standing(Word.REJECTED, PickLabel.ACCEPTED, 99),
        b=Standing(Word.NOTHING, PickLabel.ACCEPTED, 90),
        c=Standing(Word.CHOSEN, PickLabel.PENDING, 30),
    ) == ["c.jpg", "b.jpg", "a.jpg"]
