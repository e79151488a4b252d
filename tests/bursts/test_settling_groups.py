"""Whatever came and went, in whatever order and however often groups settled in between, the groups are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iqsd import sidecars
from iqsd.bursts.membership import Membership
from iqsd.calibration import Shares
from iqsd.journal import IN_MEMORY, Entry, Journal, Status
from iqsd.pairing import Pairs
from iqsd.photos.capture import Capture
from iqsd.photos.finding import Signature
from iqsd.regrouping import PATIENCE_SECONDS, QUIET_SECONDS, Regrouping
from iqsd.scales import Scales
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.sidecars import Options
from tests.bursts.shooting import frame, view
from tests.sidecars.sidecar_making import photo_in, rate, sidecar_of, tiff, xmp

THRESHOLDS = Thresholds(20, 50, (20, 35, 50, 80))
LOOKS = {name: frame(view(name), "", 0).look for name in ("garden", "dune")}
PHOTOS = {  # name to view, second, score
    "a.jpg": ("garden", 0, 60.0),
    "b.jpg": ("garden", 2, 90.0),
    "c.jpg": ("dune", 3, 55.0),
    "d.jpg": ("garden", 4, 40.0),
    "e.jpg": ("dune", 5, 95.0),
    "f.jpg": ("garden", 20, 70.0),
    "g.jpg": ("garden", 21, 70.0),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all the photos in it: the tests below are about files that exist."""
    made = tmp_path_factory.mktemp("shoot")
    for name in PHOTOS:
        (made / name).touch()
    return made


def put(journal: Journal, photo: Path, model: str = "m", later: int = 0) -> None:
    look, second, score = PHOTOS[photo.with_suffix(".jpg").name]
    entry = Entry(Signature(1, 1), None, Status.RATED, "p", assessment=Assessment(score, None, None, {}, model))
    capture = Capture(taken=f"2024-05-01T12:{later:02}:{second:02}", exposure_bias=0.0)
    journal.put(photo, entry, capture, LOOKS[look])


def regrouping(*journals: Journal, seconds: float = 3.0, shares: Shares | None = None) -> Regrouping:
    return Regrouping(journals, Scales(journals, THRESHOLDS, shares or Shares(), "m"), Options(), seconds, Pairs())


def places(journal: Journal, folder: Path) -> dict[str, Membership | None]:
    return {name: details.group for name, details in journal.details(folder).items()}


@pytest.fixture
def journal() -> Iterator[Journal]:
    with Journal(IN_MEMORY) as journal:
        yield journal


WHAT = st.sampled_from(["put", "put another in its place", "forget", "settle"])
steps = st.lists(st.tuples(WHAT, st.sampled_from(sorted(PHOTOS))), max_size=12)


@settings(max_examples=40)
@given(first=st.sets(st.sampled_from(sorted(PHOTOS)), min_size=4), steps=steps)
def test_the_groups_are_those_of_the_photos_that_are_there_in_the_end(
    folder: Path, first: set[str], steps: list[tuple[str, str]]
) -> None:
    with Journal(IN_MEMORY) as journal, Journal(IN_MEMORY) as fresh:
        there: dict[str, int] = {}  # by name: how many minutes later than in PHOTOS it was taken
        for step, name in [*(("put", name) for name in sorted(first)), ("settle", ""), *steps]:
            if step.startswith("put"):
                there[name] = 5 if "another" in step else 0
                put(journal, folder / name, later=there[name])
            elif step == "forget":
                journal.forget(folder / name)
                there.pop(name, None)
            else:
                list(regrouping(journal).settle(folder))
        for name, later in there.items():
            put(fresh, folder / name, later=later)
        for one in (journal, fresh):
            list(regrouping(one).settle(folder))
        assert places(journal, folder) == places(fresh, folder)
        assert journal.groups.unsettled() == []
        assert list(regrouping(journal).settle(folder)) == []


def test_only_changes_to_the_group_of_a_new_frame_are_reported(journal: Journal, folder: Path) -> None:
    for name in PHOTOS:
        if name != "g.jpg":
            put(journal, folder / name)
    list(regrouping(journal).settle(folder))
    put(journal, folder / "g.jpg")
    assert {change.photo.name for change in regrouping(journal).settle(folder)} == {"f.jpg", "g.jpg"}


def test_photos_judged_by_another_model_wait_to_be_judged_again(journal: Journal, folder: Path) -> None:
    put(journal, folder / "a.jpg")
    put(journal, folder / "b.jpg", "another")
    assert {change.photo.name: change.group.best for change in regrouping(journal).settle(folder) if change.group} == {
        "a.jpg": "a.jpg"
    }
    put(journal, folder / "b.jpg")
    assert {change.photo.name: change.group.best for change in regrouping(journal).settle(folder) if change.group} == {
        "a.jpg": "b.jpg",
        "b.jpg": "b.jpg",
    }


def test_a_folder_is_measured_by_the_figures_of_one_model(journal: Journal, folder: Path) -> None:
    for number in range(60):
        figures = Assessment(number / 10, None, None, {}, "another")
        entry = Entry(Signature(1, 1), None, Status.RATED, "p", assessment=figures)
        journal.put(folder / f"{number}.jpg", entry, Capture(), LOOKS["dune"])
    shared = regrouping(journal, shares=Shares(reject_worst=10, accept_best=20))
    assert list(shared.settle(folder)) == []
    assert shared.thresholds([folder]) == THRESHOLDS


def test_a_folder_is_measured_by_its_photos_and_not_by_their_files(journal: Journal, folder: Path) -> None:
    shared = regrouping(journal, shares=Shares(reject_worst=10, accept_best=20))
    drawn = []
    for suffix in ("JPG", "NEF"):
        for number in range(30 if suffix == "JPG" else 10):
            entry = Entry(
                Signature(1, 1), None, Status.RATED, "p", assessment=Assessment(float(number), None, None, {}, "m")
            )
            journal.put(folder / f"{number}.{suffix}", entry, Capture(), LOOKS["dune"])
        list(shared.settle(folder))
        drawn.append(shared.thresholds([folder]))
    assert drawn[0] == drawn[1] != THRESHOLDS


def test_a_folder_whose_thresholds_moved_is_judged_as_a_whole_even_if_a_run_ended_halfway(
    journal: Journal, tmp_path: Path
) -> None:
    def shoot(numbers: range) -> None:
        for number in numbers:
            photo = photo_in(tmp_path, f"{number}.jpg")
            entry = Entry(
                Signature(1, 1), None, Status.RATED, "p", assessment=Assessment(float(number), None, None, {}, "m")
            )
            journal.put(photo, entry, Capture(taken=f"2024-05-01T{number // 60:02}:{number % 60:02}:00"), bytes(576))

    def moved(shares: Shares) -> list[str]:
        return [change.photo.name for change in regrouping(journal, shares=shares).settle(tmp_path)]

    shoot(range(60))
    shares = Shares(reject_worst=10, accept_best=20)
    moved(shares)
    shoot(range(60, 90))
    first = next(regrouping(journal, shares=shares).settle(tmp_path)).photo.name
    rest = moved(shares)
    assert first in rest
    assert "48.jpg" in rest  # among the best of 60, but not of 90
    assert moved(shares) == []


def test_work_left_by_a_killed_run_is_found_by_the_next(journal: Journal, folder: Path) -> None:
    put(journal, folder / "a.jpg")
    following = regrouping(journal)
    assert following.next_due() is None
    following.look_for_news(lambda _: True, now=100.0)
    assert following.next_due() == 100.0 + QUIET_SECONDS
    assert (following.due(100.0), following.due(100.0 + QUIET_SECONDS)) == ([], [folder])


def test_a_burst_is_looked_at_again_when_another_iqsd_adds_a_frame_while_it_is_judged(tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "journal.db") as journal,
        Journal(tmp_path / "journal.db") as anothers,
    ):
        for name in PHOTOS:
            (tmp_path / name).touch()
        put(journal, tmp_path / "a.jpg")
        put(journal, tmp_path / "d.jpg")
        journal.flush()
        way = regrouping(journal, seconds=5.0)
        changes = way.settle(tmp_path)
        next(changes)
        put(anothers, tmp_path / "b.jpg")
        anothers.flush()
        assert len(list(changes)) == 1
        journal.flush()
        way.look_for_news(lambda _: True, now=100.0)
        assert way.due(100.0 + QUIET_SECONDS) == [tmp_path]
        list(way.settle(tmp_path))
        assert {name: group.size for name, group in places(journal, tmp_path).items() if group} == dict.fromkeys(
            ("a.jpg", "b.jpg", "d.jpg"), 3
        )
        assert way.restless() == set()


def test_a_folder_where_photos_keep_arriving_is_settled_now_and_then(journal: Journal, folder: Path) -> None:
    busy = regrouping(journal)
    for second in range(60):
        busy.notice(folder, 100.0 + second)
    assert busy.next_due() == 100.0 + PATIENCE_SECONDS


@pytest.mark.parametrize(("apart", "right_after"), [(4, PATIENCE_SECONDS), (40, 60), (90, 120)])
def test_frames_that_arrive_one_by_one_are_each_written_a_few_times_and_all_are_right_soon_after_the_last(
    journal: Journal, tmp_path: Path, apart: int, right_after: float
) -> None:
    way = regrouping(journal, seconds=5.0)
    frames, written, now = 120, 0, 0.0

    def settle_until(end: float) -> int:
        count = 0
        while (due := way.next_due()) is not None and due <= end:
            changes = len(list(way.settle(tmp_path)))
            way.rest(tmp_path, changes, due)
            count += changes
        return count

    for number in range(frames):
        photo = photo_in(tmp_path, f"{number}.jpg")
        figures = Assessment(number * 7 % 100, None, None, {}, "m")
        entry = Entry(Signature(1, 1), None, Status.RATED, "p", assessment=figures)
        minute, second = divmod(number * 4, 60)
        journal.put(photo, entry, Capture(taken=f"2024-05-01T12:{minute:02}:{second:02}"), LOOKS["garden"])
        way.notice(tmp_path, now)
        written += settle_until(now + apart - 0.1)
        now += apart
    assert written < now + 2 * frames  # one per second; writing all of them for each one would be 60 per frame
    settle_until(now - apart + right_after)
    assert {group and group.size for group in places(journal, tmp_path).values()} == {frames}
    assert way.next_due() is None


def test_a_folder_where_little_was_written_does_not_rest(journal: Journal, folder: Path) -> None:
    way = regrouping(journal)
    way.rest(folder, 3, now=100.0)
    way.notice(folder, 110.0)
    assert way.next_due() == 110.0 + QUIET_SECONDS


def test_a_dry_run_settles_known_and_newly_found_photos_without_changing_the_journal(
    journal: Journal, folder: Path
) -> None:
    put(journal, folder / "a.jpg")
    list(regrouping(journal).settle(folder))
    with Journal(IN_MEMORY) as scratch:
        put(scratch, folder / "b.jpg")
        changes = {change.photo.name: change.group for change in regrouping(journal, scratch).settle(folder)}
    assert set(changes) == {"a.jpg", "b.jpg"}
    assert {group.best for group in changes.values() if group} == {"b.jpg"}
    assert places(journal, folder) == {"a.jpg": None}


@pytest.mark.parametrize(
    ("name", "said", "best"),
    [
        ("a.jpg", xmp(xmp_Rating=4), "a.jpg"),
        ("a.jpg", xmp(digiKam_PickLabel=3), "a.jpg"),
        ("a.jpg", xmp(xmp_Rating=3), "b.jpg"),
        ("a.jpg", xmp(digiKam_PickLabel=2, xmp_Rating=5), "b.jpg"),
        ("b.jpg", xmp(xmp_Rating=-1), "a.jpg"),
        ("b.jpg", xmp(digiKam_PickLabel=1, xmp_Rating=5), "a.jpg"),
        ("b.jpg", b"<broken", "b.jpg"),
    ],
)
def test_a_frame_that_a_person_chose_or_rejected_by_label_or_else_by_stars_goes_first_or_last(
    journal: Journal, tmp_path: Path, name: str, said: bytes, best: str
) -> None:
    for each in ("a.jpg", "b.jpg"):  # b has the better score
        photo_in(tmp_path, each)
        put(journal, tmp_path / each)
    sidecar_of(tmp_path / name, said)
    list(regrouping(journal).settle(tmp_path))
    assert {group.best for group in places(journal, tmp_path).values() if group} == {best}


def test_a_persons_rating_of_the_raw_file_counts_even_if_only_the_jpeg_gets_a_verdict(
    journal: Journal, tmp_path: Path
) -> None:
    for each in ("a.jpg", "b.jpg"):
        photo_in(tmp_path, each)
        put(journal, tmp_path / each)
    sidecar_of(photo_in(tmp_path, "a.dng", tiff()), xmp(xmp_Rating=5))
    list(regrouping(journal).settle(tmp_path))
    assert {group.best for group in places(journal, tmp_path).values() if group} == {"a.jpg"}


def test_the_sidecars_of_a_pair_are_read_once_to_settle_its_frame(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = sidecars.read

    def noting(photo: Path, options: Options) -> sidecars.State:
        read.append(photo.name)
        return real(photo, options)

    monkeypatch.setattr(sidecars, "read", noting)
    for each in ("a.jpg", "b.jpg"):
        put(journal, photo_in(tmp_path, each))
        put(journal, photo_in(tmp_path, each.replace("jpg", "dng"), tiff()))
    list(regrouping(journal).settle(tmp_path))
    assert sorted(read) == ["a.dng", "a.jpg", "b.dng", "b.jpg"]


def test_what_iqsd_wrote_before_is_not_taken_for_a_persons_decision(journal: Journal, tmp_path: Path) -> None:
    for each in ("a.jpg", "b.jpg"):
        photo_in(tmp_path, each)
        put(journal, tmp_path / each)
    rate(tmp_path / "a.jpg", 5, 3)
    rate(tmp_path / "b.jpg", -1, 1)
    list(regrouping(journal).settle(tmp_path))
    assert {group.best for group in places(journal, tmp_path).values() if group} == {"b.jpg"}


def test_a_frame_that_was_undone_no_longer_belongs_to_its_burst(journal: Journal, folder: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        put(journal, folder / name)
    entry = journal.get(folder / "b.jpg")
    assert entry is not None
    journal.put(folder / "b.jpg", entry._replace(state=Status.UNDONE))
    assert list(regrouping(journal).settle(folder)) == []


def test_no_frame_is_grouped_with_one_that_is_gone(journal: Journal, tmp_path: Path) -> None:
    for name in ("f.jpg", "g.jpg"):
        (tmp_path / name).touch()
        put(journal, tmp_path / name)
    (tmp_path / "g.jpg").unlink()
    assert list(regrouping(journal).settle(tmp_path)) == []
    assert places(journal, tmp_path) == {"f.jpg": None, "g.jpg": None}


def test_a_frame_that_was_away_for_a_moment_rejoins_its_burst(journal: Journal, tmp_path: Path) -> None:
    for name in ("f.jpg", "g.jpg"):
        put(journal, tmp_path / name)
    (tmp_path / "f.jpg").touch()
    list(regrouping(journal).settle(tmp_path))
    assert places(journal, tmp_path) == {"f.jpg": None, "g.jpg": None}
    later = regrouping(journal)
    later.look_for_news(lambda _: True, now=100.0)
    assert later.next_due() is None  # nothing has happened
    (tmp_path / "g.jpg").touch()
    later.look_for_news(lambda _: True, now=100.0)
    assert later.due(100.0 + QUIET_SECONDS) == [tmp_path]
    list(later.settle(tmp_path))
    assert {group.best for group in places(journal, tmp_path).values() if group} == {"f.jpg"}
