"""How a locked journal, a missing disk, a sidecar in the way or a date set back affects photos in the pipeline."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest

from iqsd import rescan, sidecars
from iqsd.bursts.membership import Kind, Membership
from iqsd.errors import FolderError
from iqsd.journal import IN_MEMORY, Entry, Journal, Status
from iqsd.models import shipped_model
from iqsd.outcome import FAILED, KEPT, RATED, SETTLED, UNCHANGED, Outcome
from iqsd.photos.finding import Photo, Signature, look_at, sidecars_now
from iqsd.pipeline import Pipeline
from iqsd.policy import Policy
from iqsd.regrouping import PATIENCE_SECONDS, QUIET_SECONDS, Change
from iqsd.report.gathering import Gathering
from iqsd.scoring.metadata import Thresholds, read_metadata
from iqsd.sidecars import embedded
from iqsd.sidecars.jpeg_write import with_packet
from iqsd.undoing import undo
from iqsd.workers.pool import Pool
from tests.bursts.shooting import save, view
from tests.conftest import copy_photos, sidecar, wait_for
from tests.sidecars.sidecar_making import xmp

THRESHOLDS = Thresholds(1, 2, (1, 1.5, 2, 90))  # every photo is accepted
SERIES = (("a", 3, 0), ("b", 5, 1), ("c", 0, 2))  # name, blur, seconds


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db", patience_seconds=0.1) as journal:
        yield journal


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(shipped_model(), 2) as pool:
        yield pool


POLICY = Policy(read_metadata(shipped_model()).name, THRESHOLDS, sidecars.Options(), burst_seconds=5.0)


def pipeline(journal: Journal, pool: Pool) -> Pipeline:
    return Pipeline(POLICY, pool, journal)


def rated(pipeline: Pipeline, pool: Pool, photos: list[Path]) -> list[Outcome]:
    done = [outcome for photo in photos if (outcome := pipeline.offer(look_at(photo))) is not None]
    while pool.is_busy:
        done += pipeline.collect(None)
    return done


def overrule(photo: Path, stars: int | None, label: int | None) -> None:
    """Change stars and label where they are in the sidecar, as a person does in another program."""
    now = sidecars.read(photo)
    text = sidecar(photo).read_text().replace(f'xmp:Rating="{now.rating}"', f'xmp:Rating="{stars}"')
    sidecar(photo).write_text(text.replace(f'PickLabel="{now.pick_label}"', f'PickLabel="{label}"'))


def test_a_photo_that_a_locked_journal_held_up_is_judged_when_it_is_offered_again(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    photos = copy_photos(tmp_path / "photos", 2)
    assert len(list(pool.map(photos))) == 2  # both workers have loaded the model
    way = pipeline(journal, pool)
    for photo in photos:
        assert way.offer(look_at(photo)) is None
    wait_for(lambda: len(wait(pool.connections)) == 2)
    with contextlib.closing(sqlite3.connect(journal.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError):
            way.collect(None)
    rated(way, pool, photos)
    assert [entry.state for photo in photos if (entry := journal.get(photo))] == [Status.RATED] * 2
    assert all(sidecar(photo).exists() for photo in photos)


def test_a_burst_whose_disk_is_away_is_judged_when_it_is_back(tmp_path: Path, journal: Journal, pool: Pool) -> None:
    disk = tmp_path / "disk"
    frames = [
        save(view("garden", blur=blur), disk / f"{name}.jpg", at) for name, blur, at in (("a", 0, 0), ("b", 3, 1))
    ]
    assert {outcome.status for outcome in rated(pipeline(journal, pool), pool, frames)} == {RATED}
    disk.rename(tmp_path / "unplugged")
    later = pipeline(journal, pool)
    later.regrouping.look_for_news(lambda _: True, time.monotonic())
    assert list(later.settle(disk)) == []
    assert later.regrouping.next_due() is None
    (tmp_path / "unplugged").rename(disk)
    later.regrouping.look_for_news(lambda _: True, time.monotonic())
    (due,) = later.regrouping.due(time.monotonic() + QUIET_SECONDS)
    assert [outcome.status for outcome in later.settle(due)].count(SETTLED) == 2
    assert {sidecars.read(frame).pick_label for frame in frames} == {2, 3}


def test_a_burst_is_judged_after_half_a_minute_even_if_photos_of_its_folder_are_always_being_judged(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    frames = [save(view("garden", blur=blur), tmp_path / f"{name}.jpg", at) for name, blur, at in SERIES]
    way = pipeline(journal, pool)
    rated(way, pool, frames[:2])
    assert way.offer(look_at(frames[2])) is None  # one that is always in the pipeline
    assert list(way.settle(tmp_path)) == []
    assert way.regrouping.next_due() is not None
    way.regrouping.leave(tmp_path)
    way.regrouping.notice(tmp_path, time.monotonic() - PATIENCE_SECONDS)
    assert [outcome.status for outcome in way.settle(tmp_path)] == [SETTLED] * 2
    while pool.is_busy:
        way.collect(None)


def test_a_burst_that_was_being_written_when_the_run_ended_is_written_by_the_next(
    tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [save(view("garden", blur=blur), tmp_path / f"{name}.jpg", at) for name, blur, at in SERIES[1:]]

    def ended(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with Journal(tmp_path / "journal.db") as journal:
        rated(pipeline(journal, pool), pool, frames)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(sidecars, "write", ended)
            list(pipeline(journal, pool).settle(tmp_path))
    with Journal(tmp_path / "journal.db") as journal:
        assert [outcome.status for outcome in pipeline(journal, pool).settle(tmp_path)] == [SETTLED] * 2
    for frame in frames:
        record = sidecars.read(frame).record
        assert record is not None
        assert any("of 2 alike" in reason for reason in record.reasons)


def test_a_folder_with_a_frame_that_is_gone_is_not_settled_again_with_every_folder_after_it(
    tmp_path: Path, journal: Journal, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [save(view("garden", blur=blur), tmp_path / "a" / f"{name}.jpg", at) for name, blur, at in SERIES]
    rated(pipeline(journal, pool), pool, frames)
    frames[2].unlink()
    save(view("garden", blur=1), tmp_path / "a" / "d.jpg", 1.5)
    for number in range(20):
        save(view("dune"), tmp_path / f"b{number % 5}" / f"{number}.jpg", number * 60)
    way = pipeline(journal, pool)
    settled: list[str] = []
    settle = way.regrouping.settle

    def noting(folder: Path) -> Iterator[Change]:
        settled.append(folder.name)
        return settle(folder)

    monkeypatch.setattr(way.regrouping, "settle", noting)
    assert [outcome.status for outcome in rescan.rescan([tmp_path], way, 0)].count(RATED) == 21
    assert settled.count("a") <= 2  # when it was left, and when the missing one was forgotten


def test_a_report_holds_no_more_about_each_photo_than_it_shows(tmp_path: Path, journal: Journal, pool: Pool) -> None:
    ours, theirs = copy_photos(tmp_path / "photos", 2)
    sidecar(theirs).write_bytes(xmp(xmp_Rating=4, digiKam_PickLabel=2))
    with Journal(IN_MEMORY) as scratch:
        dry = Pipeline(POLICY, pool, journal, scratch)
        gathering = Gathering(dry, pool)
        rows = gathering.rows(ours.parent, 0, lambda: None)
    figures = [row.assessment for row in rows]
    assert len(figures) == 2
    assert all(each is not None and each == each.bare for each in figures)


def test_a_sidecar_in_the_way_does_not_cost_the_figures(tmp_path: Path, journal: Journal, pool: Pool) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    way = pipeline(journal, pool)
    rated(way, pool, [photo])
    sidecar(photo).write_bytes(b"<broken")
    assert [outcome.status for outcome in rated(way, pool, [photo])] == [FAILED]
    sidecar(photo).unlink()
    photo_is_opened = way.offer(look_at(photo)) is None
    assert not photo_is_opened
    assert sidecar(photo).exists()


def test_a_sidecar_in_the_way_does_not_give_a_photo_the_figures_of_the_one_it_replaced(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    photos = copy_photos(tmp_path, 2)
    size = max(photo.stat().st_size for photo in photos)
    for photo in photos:
        photo.write_bytes(photo.read_bytes().ljust(size, b"\0"))
        os.utime(photo, (1_700_000_000, 1_700_000_000))
    way = pipeline(journal, pool)
    (before,) = rated(way, pool, photos[:1])
    photo = photos[1].rename(photos[0])
    sidecar(photo).write_bytes(b"<broken")
    assert [outcome.status for outcome in rated(way, pool, [photo])] == [FAILED]
    sidecar(photo).unlink()
    (after,) = rated(way, pool, [photo])
    assert after.assessment is not None
    assert before.assessment is not None
    assert after.assessment.score != before.assessment.score


SEEN = Photo(Path("/photos/a.jpg"), Signature(10, 20), changed_ns=30)
SIDECAR = Signature(1, 2)
DONE = Entry(SEEN.signature, SIDECAR, Status.RATED, POLICY.fingerprint, inode=5, changed_ns=30)
FAILURE = DONE._replace(state=Status.FAILED)
TAKEN_BACK = DONE._replace(state=Status.UNDONE)


@pytest.mark.parametrize(
    ("is_known", "what"),
    [
        (True, {}),
        (False, {"entry": None}),
        (False, {"entry": DONE._replace(photo=Signature(11, 20))}),
        (False, {"entry": DONE._replace(photo=Signature(10, 21))}),
        (False, {"entry": DONE._replace(changed_ns=29)}),
        (False, {"entry": DONE._replace(policy="another")}),
        (False, {"policy": replace(POLICY, force=True)}),
        (False, {"sidecar": None}),
        (False, {"sidecar": Signature(1, 3)}),
        (False, {"entry": FAILURE._replace(attempts=2)}),
        (True, {"entry": FAILURE._replace(attempts=3)}),
        (True, {"entry": TAKEN_BACK}),
        (True, {"entry": TAKEN_BACK, "sidecar": None, "policy": replace(POLICY, force=True)}),
        (False, {"entry": TAKEN_BACK, "undone_too": True}),
        (False, {"entry": TAKEN_BACK._replace(photo=Signature(10, 21))}),
    ],
)
def test_a_photo_is_passed_over_only_if_nothing_has_changed_or_a_person_undid_its_rating(
    journal: Journal, pool: Pool, is_known: bool, what: dict[str, Any]
) -> None:
    way = Pipeline(what.get("policy", POLICY), pool, journal, undone_too=what.get("undone_too", False))
    assert way.memory.is_known(SEEN, what.get("entry", DONE), what.get("sidecar", SIDECAR)) is is_known


@pytest.mark.parametrize("journal_is_lost", [False, True])
def test_a_photo_that_became_another_is_not_judged_by_the_figures_in_its_sidecar(
    tmp_path: Path, journal: Journal, pool: Pool, journal_is_lost: bool
) -> None:
    photo, another = copy_photos(tmp_path / "photos", 2)
    (first,) = rated(pipeline(journal, pool), pool, [photo])
    data = another.read_bytes()
    if journal_is_lost:
        journal.forget(photo)
    else:  # only its date tells
        size = max(len(data), photo.stat().st_size)
        os.truncate(photo, size)
        rated(pipeline(journal, pool), pool, [photo])
        data = data.ljust(size, b"\0")
    photo.write_bytes(data)
    (second,) = rated(pipeline(journal, pool), pool, [photo])
    assert first.assessment is not None
    assert second.assessment is not None
    assert second.assessment.score != first.assessment.score
    record = sidecars.read(photo).record
    assert record is not None
    assert record.score == second.assessment.score


def test_a_photo_that_changes_while_it_is_judged_gets_no_verdict_on_its_old_self(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    photo, another = copy_photos(tmp_path / "photos", 2)
    way = pipeline(journal, pool)
    assert way.offer(look_at(photo)) is None
    another.rename(photo)
    outcomes: list[Outcome] = []
    while pool.is_busy:
        outcomes += way.collect(None)
    assert [outcome.status for outcome in outcomes] == [FAILED]
    assert not sidecar(photo).exists()
    assert [outcome.status for outcome in rated(way, pool, [photo])] == [RATED]


def test_a_burst_whose_folder_cannot_be_looked_at_stays_as_it_is(tmp_path: Path, journal: Journal, pool: Pool) -> None:
    disk = tmp_path / "disk"
    frames = [save(view("garden", blur=blur), disk / f"{name}.jpg", at) for name, blur, at in SERIES[:2]]
    rated(pipeline(journal, pool), pool, frames)
    list(pipeline(journal, pool).settle(disk))
    chosen = frames[1]
    sidecar(chosen).write_bytes(sidecar(chosen).read_bytes().replace(b'PickLabel="3"', b'PickLabel="1"'))
    rated(pipeline(journal, pool), pool, [chosen])
    disk.rename(tmp_path / "unplugged")
    disk.symlink_to(disk)  # neither there nor gone
    assert list(pipeline(journal, pool).settle(disk)) == []
    assert journal.groups.unsettled() == [disk]


def rate_in_photo(photo: Path, stars: int, earlier: int = 0) -> None:
    """Rate as a program that sets the date back, perhaps to an earlier one; other stars leave the size as it was."""
    photo.write_bytes(with_packet(photo.read_bytes(), xmp(xmp_Rating=stars)))
    date = 1_700_000_000 * 10**9 - earlier
    os.utime(photo, ns=(date, date))


@pytest.mark.parametrize("earlier", [0, 3600 * 10**9])
def test_a_rating_added_to_a_photo_with_its_date_set_back_is_kept(
    tmp_path: Path, journal: Journal, pool: Pool, earlier: int
) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    rate_in_photo(photo, 0)
    assert [outcome.status for outcome in rated(pipeline(journal, pool), pool, [photo])] == [RATED]
    rate_in_photo(photo, 1, earlier)
    way = pipeline(journal, pool)
    assert not way.memory.is_known(look_at(photo), journal.get(photo), sidecars_now(photo))
    rated(way, pool, [photo])
    state = sidecars.read(photo)
    assert (state.rating, state.rating_is_persons) == (1, True)
    assert pipeline(journal, pool).memory.is_known(look_at(photo), journal.get(photo), sidecars_now(photo))


def test_stars_and_a_label_that_a_person_gives_in_the_photo_follow_into_the_sidecar_together(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    data = photo.read_bytes()
    for stars, picked, label in ((0, 0, 3), (2, -1, 1), (5, -1, 1)):
        photo.write_bytes(with_packet(data, xmp(xmp_Rating=stars, xmpDM_pick=picked)))
        os.utime(photo, ns=(1, time.time_ns() + 10**10 * (1 + stars)))
        way = pipeline(journal, pool)
        (outcome,) = rated(way, pool, [photo])
        assert outcome.status == (KEPT if stars else RATED)
        state = sidecars.read(photo)
        assert (state.rating_is_persons, state.pick_label_is_persons) == (stars > 0, stars > 0)
        assert f'xmp:Rating="{stars or state.rating}"' in sidecar(photo).read_text()
        assert f'digiKam:PickLabel="{label}"' in sidecar(photo).read_text()


def test_a_person_who_returns_to_the_value_that_iqsd_had_given_has_given_it(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    (photo,) = copy_photos(tmp_path, 1)
    way = pipeline(journal, pool)
    rated(way, pool, [photo])
    given = sidecars.read(photo)
    for stars, label in ((1, 1), (given.rating, given.pick_label)):
        overrule(photo, stars, label)
        assert [outcome.status for outcome in rated(way, pool, [photo])] == [KEPT]
    now = sidecars.read(photo)
    assert (now.rating, now.pick_label) == (given.rating, given.pick_label)
    assert now.rating_is_persons
    assert now.pick_label_is_persons
    as_left = sidecar(photo).read_bytes()
    assert [outcome.status for outcome in rated(way, pool, [photo])] == [KEPT]
    assert sidecar(photo).read_bytes() == as_left


def test_a_disk_whose_clock_is_behind_does_not_make_the_sidecar_anothers(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    (photo,) = copy_photos(tmp_path, 1)
    way = pipeline(journal, pool)
    rated(way, pool, [photo])
    written = sidecar(photo).stat().st_mtime - 10
    os.utime(sidecar(photo), (written, written))
    entry = journal.get(photo)
    assert entry is not None
    journal.put(photo, entry._replace(sidecar=sidecars_now(photo)))
    second = photo.with_suffix(".xmp")  # as another program makes one
    second.write_bytes(xmp(photoshop_SidecarForExtension=photo.suffix[1:]))
    assert [outcome.status for outcome in rated(way, pool, [photo])] == [RATED]
    assert "xmp:Rating=" in second.read_text()


@pytest.mark.parametrize("is_link", [False, True])
def test_a_decision_in_a_sidecar_that_iqsd_may_not_write_to_is_kept_and_no_error(
    tmp_path: Path, journal: Journal, pool: Pool, is_link: bool
) -> None:
    (photo,) = copy_photos(tmp_path, 1)
    way = pipeline(journal, pool)
    rated(way, pool, [photo])
    overrule(photo, 1, 1)
    if is_link:
        sidecar(photo).symlink_to(sidecar(photo).rename(tmp_path / "store"))
    else:
        sidecar(photo).chmod(0o444)
    before = sidecar(photo).read_bytes()
    assert [outcome.status for outcome in rated(way, pool, [photo])] == [KEPT]
    assert sidecar(photo).read_bytes() == before


def test_a_rating_added_to_a_photo_unseen_is_kept_even_if_its_sidecar_was_in_the_way_at_first(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    rate_in_photo(photo, 0)
    way = pipeline(journal, pool)
    rated(way, pool, [photo])
    rate_in_photo(photo, 1)
    written = sidecar(photo).read_bytes()
    sidecar(photo).write_bytes(b"<broken")
    assert [outcome.status for outcome in rated(way, pool, [photo])] == [FAILED]
    sidecar(photo).write_bytes(written)
    rated(way, pool, [photo])
    state = sidecars.read(photo)
    assert (state.rating, state.rating_is_persons) == (1, True)


def test_a_photo_that_was_renamed_is_not_opened(
    tmp_path: Path, journal: Journal, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    rated(pipeline(journal, pool), pool, [photo])
    renamed = photo.with_name("other.jpg")
    sidecar(photo).rename(sidecar(renamed))
    photo.rename(renamed)

    def read(photo: Path) -> embedded.Embedded:
        raise AssertionError(f"{photo} was opened")

    monkeypatch.setattr(embedded, "read", read)
    assert [outcome.status for outcome in rated(pipeline(journal, pool), pool, [renamed])] == [UNCHANGED]


def test_a_locked_journal_is_known_before_a_sidecar_is_written(tmp_path: Path, journal: Journal, pool: Pool) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    way = pipeline(journal, pool)
    assert way.offer(look_at(photo)) is None
    with contextlib.closing(sqlite3.connect(journal.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError):
            while pool.is_busy:
                way.collect(None)
    assert not sidecar(photo).exists()


def test_a_photo_undone_while_it_is_judged_stays_undone(tmp_path: Path, journal: Journal, pool: Pool) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    way = pipeline(journal, pool)
    assert way.offer(look_at(photo)) is None
    journal.put(photo, Entry(look_at(photo).signature, None, Status.UNDONE, policy=""))
    journal.flush()
    outcomes: list[Outcome] = []
    while pool.is_busy:
        outcomes += way.collect(None)
    assert [outcome.status for outcome in outcomes] == [UNCHANGED]
    assert not sidecar(photo).exists()


def test_a_frame_that_another_iqsd_is_judging_with_its_burst_gets_the_verdict_of_its_rank_there(
    tmp_path: Path, pool: Pool
) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    with Journal(tmp_path / "journal.db") as journal:
        rated(Pipeline(replace(POLICY, thresholds=Thresholds(1, 2, (1, 2, 3, 4))), pool, journal), pool, [photo])
        journal.flush()
        held = threading.Event()

        def settle() -> None:
            with Journal(tmp_path / "journal.db") as anothers:
                anothers.reserve()
                held.set()
                time.sleep(0.5)
                anothers.groups.put(photo, Membership(Kind.BURST, photo.name, 7, 1, photo.name))
                anothers.flush()

        another = threading.Thread(target=settle)
        another.start()
        held.wait()
        assert [outcome.status for outcome in rated(pipeline(journal, pool), pool, [photo])] == [RATED]
        another.join()
    record = sidecars.read(photo).record
    assert record is not None
    assert "the best of 7 alike" in record.reasons


def test_a_photo_that_is_replaced_while_its_sidecar_is_written_is_judged_again(
    tmp_path: Path, journal: Journal, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, another = copy_photos(tmp_path / "photos", 2)
    write = sidecars.write

    def write_and_replace(*arguments: Any, **more: Any) -> sidecars.Written:
        written = write(*arguments, **more)
        if another.exists():
            another.rename(photo)
        return written

    monkeypatch.setattr(sidecars, "write", write_and_replace)
    way = pipeline(journal, pool)
    (first,) = rated(way, pool, [photo])
    assert not way.memory.is_known(look_at(photo), journal.get(photo), sidecars_now(photo))
    (second,) = rated(way, pool, [photo])
    assert second.assessment is not None
    assert first.assessment is not None
    assert second.assessment.score != first.assessment.score


def test_a_burst_is_not_judged_by_the_figures_of_a_frame_that_another_of_its_size_and_date_replaced(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    frames = [save(view("garden", blur=blur), tmp_path / f"{name}.jpg", at) for name, blur, at in SERIES]
    size = max(frame.stat().st_size for frame in frames)
    for frame in frames:
        frame.write_bytes(frame.read_bytes().ljust(size, b"\0"))  # as uncompressed RAW files are of one size
        os.utime(frame, (1_700_000_000, 1_700_000_000))
    way = pipeline(journal, pool)
    rated(way, pool, frames)
    first, second, _ = frames
    second.rename(first)
    sidecar(second).rename(sidecar(first))
    came_along = sidecars.read(first).record
    list(way.settle(tmp_path))
    assert sidecars.read(first).record == came_along


def test_photos_of_one_size_and_date_that_swap_names_are_judged_as_they_now_are(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    photos = copy_photos(tmp_path / "photos", 3)
    size = max(photo.stat().st_size for photo in photos)
    for photo in photos:
        photo.write_bytes(photo.read_bytes().ljust(size, b"\0"))  # as uncompressed RAW files are of one size
        os.utime(photo, (1_700_000_000, 1_700_000_000))
    rated(pipeline(journal, pool), pool, photos)
    scores = [record.score for photo in photos if (record := sidecars.read(photo).record)]
    first, second, third = photos
    aside = first.rename(tmp_path / "aside")
    second.rename(first)
    third.rename(second)
    aside.rename(third)
    for photo in photos:  # one after the other, as on a machine that is not busy
        rated(pipeline(journal, pool), pool, [photo])
    now = [record.score for photo in photos if (record := sidecars.read(photo).record)]
    assert len(set(scores)) == 3
    assert now == [*scores[1:], scores[0]]


def test_a_folder_that_disappears_before_its_turn_costs_those_after_it_nothing(
    tmp_path: Path, journal: Journal, pool: Pool
) -> None:
    first, gone, last = (tmp_path / name for name in ("first", "gone", "last"))
    photos = [*copy_photos(first, 1), *copy_photos(last, 1)]
    done = {each.path: each.status for each in rescan.rescan([first, gone, last], pipeline(journal, pool), 0)}
    assert done == {photos[0]: RATED, gone: FAILED, photos[1]: RATED}
    undone = {each.path: each.error for each in undo([first, gone, last], POLICY.options, journal, None, False)}
    assert undone.keys() == done.keys()
    assert [path for path, error in undone.items() if error is not None] == [gone]
    for alone in (
        rescan.rescan([gone], pipeline(journal, pool), 0),
        undo([gone], POLICY.options, journal, None, False),
    ):
        with pytest.raises(FolderError):
            list(alone)


def test_a_rescan_does_not_wait_forever_for_a_photo_that_does_not_stop_changing(
    tmp_path: Path, journal: Journal, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescan, "PATIENCE_SECONDS", 1.0)
    quiet, latest = copy_photos(tmp_path / "photos", 2)
    over = threading.Event()

    def go_on_changing() -> None:
        while not over.wait(0.05):
            os.utime(latest)

    with ThreadPoolExecutor(1) as camera:
        camera.submit(go_on_changing)
        try:
            done = {each.path: each for each in rescan.rescan([quiet.parent], pipeline(journal, pool), 0.3)}
        finally:
            over.set()
    assert (done[quiet].status, done[latest].status) == (RATED, FAILED)
    assert "does not stop changing" in str(done[latest].error)
    assert journal.get(latest) is None
