"""Every requested sweep happens once and on time, however many are requested."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.watching.schedule import MOST_WAITING, POLL_SHARE, Rhythm, Schedule

ROOTS = (Path("/a"), Path("/b"))
RHYTHM = Rhythm(settle=1, sweep=1000, poll=10)
FOLDERS = st.sampled_from([*ROOTS, Path("/a/1"), Path("/a/2"), Path("/b/3")])


def schedule() -> Schedule:
    return Schedule(ROOTS, RHYTHM)


@given(asked=st.lists(st.tuples(FOLDERS, st.integers(0, 9)), max_size=12), now=st.integers(0, 9))
def test_a_folder_is_swept_once_at_the_earliest_requested_moment(asked: list[tuple[Path, int]], now: int) -> None:
    plan, first = schedule(), dict[Path, int]()
    for folder, at in asked:
        plan.ask(folder, "why", at)
        first[folder] = min(at, first.get(folder, at))
    assert plan.next_due() == min(first.values(), default=None)
    assert {due.folder for due in plan.take(now)} == {folder for folder, at in first.items() if at <= now}
    assert sorted(due.folder for due in plan.take(9)) == sorted(folder for folder, at in first.items() if at > now)
    assert plan.next_due() is None


@pytest.mark.parametrize("more", [1, 5])
def test_when_everything_is_swept_instead_of_many_folders_none_is_left_out(more: int) -> None:
    plan = schedule()
    plan.ask(ROOTS[0], "regular", 500)
    for number in range(MOST_WAITING - 1 + more):
        plan.ask(Path(f"/b/{number}"), "new folder", 7)
    due = [each.folder for each in plan.take(7)]
    assert set(ROOTS) <= set(due)
    assert len(due) == len(ROOTS) + more - 1  # what was asked for later is still due later


def test_the_next_sweep_comes_a_sweep_later_give_or_take_a_tenth() -> None:
    for _ in range(20):
        plan = schedule()
        plan.done(ROOTS[0], polled=False, took=3, now=100)
        assert 1000 <= (plan.next_due() or 0) <= 1200


@pytest.mark.parametrize(("took", "pause"), [(0.1, 10), (1, POLL_SHARE), (900, None)])
def test_a_polled_folder_is_swept_often_but_costs_little_and_never_waits_longer_than_others(
    took: float, pause: float | None
) -> None:
    plan = schedule()
    plan.done(ROOTS[0], polled=True, took=took, now=100)
    due = plan.next_due() or 0
    assert due == 100 + pause if pause else 1000 <= due <= 1200
