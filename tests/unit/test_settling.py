"""A photo is taken when it has not changed for the settling time."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from iqsd.photos.finding import Photo, Signature
from iqsd.watching.settling import WRITER_PATIENCE_SECONDS, Settling


def photo(size: int, name: str = "a.jpg") -> Photo:
    return Photo(Path(name), Signature(size, 0), 0)


def test_a_photo_that_stands_still_is_due_after_the_time_and_confirmed_by_another_look() -> None:
    settling = Settling(5)
    settling.notice(photo(1), now=100)
    assert settling.due(104.9) == []
    assert settling.next_due() == 105
    assert settling.due(105) == [photo(1)]
    assert settling.confirm(photo(1), photo(1), 105)
    assert settling.next_due() is None


def test_a_photo_that_grew_while_waiting_waits_again() -> None:
    settling = Settling(5)
    settling.notice(photo(1), now=0)
    assert not settling.confirm(photo(1), photo(2), 5)
    assert settling.due(9) == []
    assert settling.due(10) == [photo(2)]


def test_hearing_of_an_unchanged_photo_again_does_not_make_it_wait_longer() -> None:
    settling = Settling(5)
    settling.notice(photo(1), now=0)
    settling.notice(photo(1), now=4)
    assert settling.due(5) == [photo(1)]


def test_without_a_settling_time_a_photo_that_is_being_written_is_not_looked_at_without_a_pause() -> None:
    settling = Settling(0)
    settling.notice(photo(1), now=0)
    for now in range(1, 10):
        assert not settling.confirm(photo(1), photo(1), now, being_written=True)
        assert settling.due(now) == []
        assert settling.next_due() == now + 0.05


def test_a_photo_that_is_gone_is_no_longer_waited_for() -> None:
    settling = Settling(5)
    settling.notice(photo(1), now=0)
    settling.forget(Path("a.jpg"))
    assert settling.next_due() is None


def test_a_change_in_the_future_counts_as_recent() -> None:
    assert Settling(5).is_young(Photo(Path("a"), Signature(1, 0), changed_ns=10_000_000_000), now_ns=0)
    assert not Settling(5).is_young(Photo(Path("a"), Signature(1, 0), changed_ns=0), now_ns=10_000_000_000)


@given(st.lists(st.tuples(st.floats(0, 4.9), st.integers(1, 3)), min_size=1, max_size=20))
def test_no_photo_is_taken_less_than_the_settling_time_after_its_last_change(steps: list[tuple[float, int]]) -> None:
    settling, now, last, size = Settling(5), 0.0, 0.0, 0
    for pause, growth in steps:
        now += pause
        size, last = size + growth, now
        settling.notice(photo(size), now)
        assert not settling.due(now)
    assert settling.due(last + 5.001) == [photo(size)]


def test_a_photo_that_a_program_has_open_is_waited_for_but_not_forever() -> None:
    settling = Settling(5)
    settling.notice(photo(1), now=0)
    assert not settling.confirm(photo(1), photo(1), 5, being_written=True)
    assert settling.next_due() == 10
    assert not settling.confirm(photo(1), photo(2), WRITER_PATIENCE_SECONDS, being_written=True)  # it is still growing
    grown = WRITER_PATIENCE_SECONDS
    assert not settling.confirm(photo(2), photo(2), grown + WRITER_PATIENCE_SECONDS - 1, being_written=True)
    assert settling.confirm(photo(2), photo(2), grown + WRITER_PATIENCE_SECONDS, being_written=True)


NAMES = st.sampled_from(["a.jpg", "a.nef", "b.jpg"])


@given(st.lists(st.tuples(st.sampled_from(["notice", "forget", "confirm", "change"]), NAMES), max_size=30))
def test_the_number_waiting_is_that_of_photos_noticed_and_neither_gone_nor_confirmed(
    steps: list[tuple[str, str]],
) -> None:
    """If the count were wrong, the daemon would be full in time and take no more photos."""
    settling, waiting = Settling(5), dict[str, int]()
    for now, (step, name) in enumerate(steps):
        size = now  # it grows
        if step == "notice":
            settling.notice(photo(size, name), now)
            waiting[name] = size
        elif step == "forget":
            settling.forget(Path(name))
            waiting.pop(name, None)
        elif name in waiting:
            seen = photo(size if step == "change" else waiting[name], name)
            assert settling.confirm(photo(waiting[name], name), seen, now) is (step == "confirm")
            waiting.pop(name) if step == "confirm" else waiting.update({name: size})
        assert len(settling) == len(waiting)
    assert {each.path.name: each.signature.size for each in settling.due(1000)} == waiting
