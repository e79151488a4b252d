"""Of two instances of iqsd on one folder, the later one has the last word, but no wrong verdict is left for good."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqsd import rescan, sidecars
from iqsd.journal import Journal, Status
from iqsd.models import shipped_model
from iqsd.outcome import RATED, UNCHANGED
from iqsd.photos.finding import look_at
from iqsd.pipeline import Pipeline
from iqsd.policy import Policy
from iqsd.scoring.metadata import Thresholds, read_metadata
from iqsd.undoing import undo
from iqsd.workers.pool import Pool
from tests.bursts.shooting import save, view
from tests.conftest import copy_photos, sidecar

ACCEPTING = Policy(
    read_metadata(shipped_model()).name, Thresholds(1, 2, (1, 1.5, 2, 90)), sidecars.Options(), burst_seconds=5.0
)
STRICT = replace(ACCEPTING, thresholds=Thresholds(97, 98, (96, 97, 98, 99)))


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(shipped_model(), 1) as pool:
        yield pool


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db") as journal:
        yield journal


def run(policy: Policy, pool: Pool, journal: Journal, photo: Path) -> str:
    """Return the outcome of a photo; anything written after this call has a later date."""
    way = Pipeline(policy, pool, journal)
    outcome = way.offer(look_at(photo))
    while pool.is_busy:
        (outcome,) = way.collect(None)
    assert outcome is not None
    long_ago = time.time() - 60
    os.utime(sidecar(photo), (long_ago, long_ago))
    way.offer(look_at(photo))
    return outcome.status


@pytest.mark.parametrize("stars", [None, 3], ids=["", "beside a person's stars"])
def test_what_another_iqsd_says_later_stays(tmp_path: Path, pool: Pool, journal: Journal, stars: int | None) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    run(ACCEPTING, pool, journal, photo)
    if stars:
        text = sidecar(photo).read_text()
        sidecar(photo).write_text(text.replace('xmp:Rating="4"', f'xmp:Rating="{stars}"'))
        run(ACCEPTING, pool, journal, photo)
    with Journal(tmp_path / "anothers.db") as anothers:
        assert run(STRICT, pool, anothers, photo) == RATED
        assert [run(ACCEPTING, pool, journal, photo), run(STRICT, pool, anothers, photo)] == [UNCHANGED] * 2
    state = sidecars.read(photo)
    assert (state.pick_label, state.rating) == (1, stars or 1)
    assert run(replace(ACCEPTING, burst_seconds=4.0), pool, journal, photo) == RATED
    assert sidecars.read(photo).pick_label == 3


def test_a_sidecar_copied_from_another_photo_is_not_the_last_word(tmp_path: Path, pool: Pool, journal: Journal) -> None:
    photo, another = copy_photos(tmp_path / "photos", 2)
    for each in (photo, another):
        run(ACCEPTING, pool, journal, each)
    before = sidecar(photo).read_text()
    shutil.copy(sidecar(another), sidecar(photo))
    assert run(ACCEPTING, pool, journal, photo) == RATED
    now = sidecars.read(photo).record
    assert now is not None
    assert f'iqsd:score="{now.score}"' in before


def test_with_a_journal_from_a_backup_no_frame_steps_down_for_one_that_is_gone(tmp_path: Path, pool: Pool) -> None:
    file, backup = tmp_path / "journal.db", tmp_path / "backup.db"

    def rescanned() -> None:
        with Journal(file) as journal:
            for _ in rescan.rescan([photos], Pipeline(ACCEPTING, pool, journal), 0):
                pass

    photos = tmp_path / "photos"
    stays = save(view("garden", blur=1), photos / "stays.jpg", 0)
    rescanned()
    long_ago = time.time() - 60
    os.utime(sidecar(stays), (long_ago, long_ago))
    rescanned()
    alone = sidecars.read(stays)
    shutil.copy(file, backup)
    better = save(view("garden"), photos / "better.jpg", 1)
    rescanned()
    assert sidecars.read(stays).pick_label == 2
    better.unlink()
    sidecar(better).unlink()
    backup.replace(file)
    rescanned()
    now = sidecars.read(stays)
    assert alone.pick_label == now.pick_label == 3
    assert now.record is not None
    assert now.record.group is None


def test_a_photo_undone_while_the_last_word_is_read_stays_undone(
    tmp_path: Path, pool: Pool, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photo,) = copy_photos(tmp_path / "photos", 1)
    run(ACCEPTING, pool, journal, photo)
    with Journal(tmp_path / "anothers.db") as anothers:
        run(STRICT, pool, anothers, photo)
    journal.flush()
    read = sidecars.read

    def read_and_undo(*arguments: Any, **options: Any) -> sidecars.State:
        state = read(*arguments, **options)
        with monkeypatch.context() as patch, Journal(journal.path) as undoing:
            patch.setattr(sidecars, "read", read)
            assert len(list(undo([photo.parent], sidecars.Options(), undoing, None, dry_run=False))) == 1
        return state

    monkeypatch.setattr(sidecars, "read", read_and_undo)
    Pipeline(ACCEPTING, pool, journal).offer(look_at(photo))
    entry = journal.get(photo)
    assert entry is not None
    assert entry.state is Status.UNDONE
