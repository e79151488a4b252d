"""The one path of a photo: journal, pixels, score, verdict, sidecar, journal. Every command uses it.

`offer` takes a photo and finishes at once what needs no pixels; `collect` writes what the workers have judged.
All reading and writing of sidecars happens in the one thread that calls these two.
"""

from __future__ import annotations

import datetime
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from iqsd import moving, sidecars
from iqsd.bursts.membership import Membership
from iqsd.details import group_from_text, group_to_text
from iqsd.errors import MissingLibraryError, ModelReplacedError, PhotoError, SidecarError, UnreadablePhotoError
from iqsd.journal import Entry, Journal, Status
from iqsd.memory import Memory, is_another_file, is_unseen
from iqsd.outcome import FAILED, GONE, KEPT, RATED, SETTLED, UNCHANGED, Outcome, known
from iqsd.pairing import Pairing, Pairs, pairing
from iqsd.paths import is_folder, is_gone
from iqsd.photos.finding import Photo, look_at, sidecars_now
from iqsd.photos.pairs import is_left_out
from iqsd.policy import Policy, rating_of
from iqsd.precautions import check_writable, costs_this_photo_only, uninterrupted
from iqsd.regrouping import Change, Regrouping
from iqsd.scales import Scales
from iqsd.scoring.assessment import Assessment
from iqsd.verdict import Verdict
from iqsd.workers.answer import Judged, Judges


class Pipeline:
    """The path, for one run.

    Args:
        policy: everything besides the photo that decides what is written.
        pool: the workers.
        journal: the ledger.
        scratch: for a dry run, which says what would be done and writes neither sidecars nor the ledger: an empty
            journal for its findings.
        undone_too: also rate what was taken back by `iqsd undo`, because a person asks for it.

    Attributes:
        policy: everything besides the photo that decides what is written.
        journal: the ledger.
        is_dry: whether this is a dry run.
        memory: what is known of photos.
        regrouping: judges frames by each other.
    """

    def __init__(
        self,
        policy: Policy,
        pool: Judges,
        journal: Journal,
        scratch: Journal | None = None,
        undone_too: bool = False,
    ) -> None:
        self.policy = policy
        self._pool = pool
        self.journal = journal
        self.is_dry = scratch is not None
        self.memory = Memory(policy, journal, scratch, undone_too)
        self._pairs = Pairs()
        self._judged: dict[Path, list[tuple[Photo, Pairing]]] = {}  # opened file to the photos that wait for it
        self._fresh: defaultdict[Path, set[str]] = defaultdict(set)  # rated and not yet settled, by folder
        journals = (journal,) if scratch is None else (journal, scratch)
        scales = Scales(journals, policy.thresholds, policy.shares, policy.model)
        self.regrouping = Regrouping(journals, scales, policy.options, policy.burst_seconds, self._pairs)

    def offer(self, photo: Photo) -> Outcome | None:
        """Take a photo; the pool must have room.

        Returns:
            what became of it, or None if it is being judged and `collect` will return it.
        """
        entry = self.journal.get(photo.path)
        try:
            # Frames of one size and date (uncompressed RAW files of one burst are such) may be renamed onto each other.
            # A sidecar that stayed behind may have failed to be copied at the first try.
            is_new = entry is None or entry.photo != photo.signature or is_another_file(photo, entry)
            if not self.is_dry and (is_new or (entry is not None and entry.state is Status.FAILED)):
                entry = moving.moved_here(photo, self.journal) or entry
            if entry is not None and self.memory.is_known(photo, entry, sidecars_now(photo.path)):
                return known(photo, entry)  # another iqsd may have rated it since the sweep
            halves = self._pairs.others(photo.path)
            if halves and is_left_out(photo.path.name, self.policy.pairs):
                return self._leave_out(photo, entry, halves)
            with costs_this_photo_only(photo.path):
                state = sidecars.read(photo.path, self.policy.options, into_photo=is_unseen(photo, entry))
                told = self.memory.told(photo, entry, state)
                pair = pairing(photo, told, halves, self.policy.options, self.memory)
            rating_is_persons = state.rating_is_persons or pair.rating_is_persons
            pick_label_is_persons = state.pick_label_is_persons or pair.pick_label_is_persons
            if rating_is_persons and pick_label_is_persons and not (self.policy.force or state.is_behind):
                return self._keep(photo, entry)
            check_writable(state)
        except SidecarError as error:
            return self._fail(photo, error, entry)
        if pair.assessment is not None:
            if entry is None and state.record is not None and state.record.group is not None:
                self.memory.ledger.groups.put(photo.path, group_from_text(state.record.group))
            is_lost = entry is None and self.regrouping.must_wait(photo.path.parent)
            is_anothers = self.memory.is_anothers(photo, entry, state) and not self._is_own(photo, pair, state.record)
            if is_lost or is_anothers:
                return self._adopt(photo, pair.assessment)
            self._reserve()  # another iqsd may just be judging its group: the new place counts, not the one before
            opened = None if pair.source == photo.path else self.memory.opened_before(pair.source)
            whole = pair.assessment
            if opened is not None and opened.assessment.bare == whole.bare:  # with distributions and embedding
                whole = opened.assessment
            return self._write(photo, whole, pair, opened, self.regrouping.of(photo.path))
        self._open(pair.decode, photo, pair)
        return None

    def _open(self, path: Path, photo: Photo, pair: Pairing) -> None:
        """Have a file opened for a photo, but only once if the other half of the pair waits for it too."""
        if path not in self._judged:
            self._pool.submit(path)
        waiting = self._judged.setdefault(path, [])
        if all(photo.path != other.path for other, _ in waiting):
            waiting.append((photo, pair))

    def collect(self, timeout: float | None) -> list[Outcome]:
        """Write what the workers have judged meanwhile, and return what became of it.

        Args:
            timeout: seconds to wait for the first answer; None: as long as it takes.

        Raises:
            ModelError: the model cannot be loaded, or has been replaced.
        """
        if timeout is None:
            self.journal.flush()  # others need not wait for the workers too
        outcomes = []
        # All are taken off the list first: what a locked journal kept from being written has to be offered again.
        answers = [(path, answer, self._judged.pop(path)) for path, answer in self._pool.collect(timeout)]
        for path, answer, _ in answers:
            if isinstance(answer, Judged) and answer.assessment.model != self.policy.model:
                raise ModelReplacedError(
                    f"judged by {answer.assessment.model}, which has replaced {self.policy.model}", path
                )
        for path, answer, waiting in answers:
            for photo, pair in waiting:
                if isinstance(answer, Judged):
                    outcomes.append(self._write(photo, answer.assessment, pair, answer))
                elif photo.path == path:
                    outcomes.append(self._fail(photo, answer, self.journal.get(path)))
                else:  # the other half is damaged or incomplete
                    self._open(photo.path, photo, pair)
        if not self._pool.is_busy:
            self.journal.flush()
        return outcomes

    def run(self, source: Iterable[Photo | Outcome]) -> Iterator[Outcome]:
        """Everything from a finite source: photos take the path, finished outcomes pass through."""
        folder = None
        visited: set[Path] = set()
        left: set[Path] = set()  # folders visited and not settled since
        for item in source:
            if item.path.parent != folder:
                self.journal.flush()  # others need not wait for all the folders that need nothing
                yield from self._settled(left)
                folder = item.path.parent
                visited.add(folder)
                left = {folder, *(path.parent for path in self._judged)}
            if isinstance(item, Outcome):
                yield item
                continue
            while not self._pool.has_room:
                yield from self.collect(None)
            outcome = self.offer(item)
            if outcome is not None:
                yield outcome
            if self._pool.is_busy:
                yield from self.collect(0)
        while self._pool.is_busy:
            yield from self.collect(None)
        yield from self._settled(visited)

    def _settled(self, folders: set[Path]) -> Iterator[Outcome]:
        for folder in folders.intersection(self.regrouping.restless()):
            if not self._is_judging(folder):  # otherwise at the end
                yield from self.settle(folder)

    def settle(self, folder: Path) -> Iterator[Outcome]:
        """Judge the frames of a folder by each other; this may be put off while some are still being judged."""
        if not is_folder(folder):
            self.regrouping.leave(folder)
            self._fresh.pop(folder, None)
            return
        if self._is_judging(folder) and self.regrouping.put_off(folder, time.monotonic()):
            return
        fresh = self._fresh.pop(folder, set())
        written = 0
        for change in self.regrouping.settle(folder):
            entry = self.memory.entry(change.photo)
            outcome = self._written_anew(change, entry)
            if outcome is not None:
                written += outcome.status == SETTLED
                yield outcome._replace(before=change.before if change.photo.name in fresh else None)
        self.regrouping.rest(folder, written, time.monotonic())
        if self.is_dry:
            self.memory.ledger.forget_folder(folder)

    def _is_judging(self, folder: Path) -> bool:
        return any(path.parent == folder for path in self._judged)

    def _written_anew(self, change: Change, entry: Entry | None) -> Outcome | None:
        """What became of a frame whose place in its group has changed; None: nothing that a person would see."""
        if entry is None or entry.state is not Status.RATED:
            return None  # a person's, taken back, or to be tried again anyway
        try:
            photo = look_at(change.photo)
        except PhotoError:
            return None  # gone: the next sweep reports it
        if photo.signature != entry.photo or is_another_file(photo, entry):
            return None  # it will be judged again
        try:
            halves = self._pairs.others(photo.path)
            pair = pairing(photo, None, halves, self.policy.options, self.memory)
        except SidecarError as error:
            return self._fail(photo, error, entry)
        outcome = self._write(photo, change.assessment, pair, group=change.group)
        if outcome.status == RATED:
            return outcome._replace(status=SETTLED)
        return outcome if outcome.status == FAILED else None

    def _write(
        self,
        photo: Photo,
        assessment: Assessment,
        pair: Pairing,
        opened: Judged | None = None,
        group: Membership | None = None,
    ) -> Outcome:
        verdict = self.regrouping.verdict(photo.path.parent, assessment, group)
        record = self._record(photo, assessment, verdict, group)
        self._reserve()  # if nothing can be remembered, nothing is written
        entry = self.journal.get(photo.path)
        if entry is not None and self.memory.was_undone(photo, entry):
            return known(photo, entry)
        if not self.policy.force:
            record = pair.without_what_a_person_decided(record)
        with uninterrupted():  # what is written is also remembered
            try:
                if look_at(photo.path).signature != photo.signature:
                    raise UnreadablePhotoError("changed while it was judged; it will be judged again", photo.path)
                with costs_this_photo_only(photo.path):
                    written = sidecars.write(
                        photo.path,
                        record,
                        self.policy.options,
                        force=self.policy.force,
                        dry_run=self.is_dry,
                        into_photo=is_unseen(photo, entry),
                    )
                now = look_at(photo.path) if written.into_photo else photo
            except PhotoError as error:
                return self._fail(photo, error, entry, assessment, opened)
            nothing = written.rating is None and written.pick_label is None
            self._remember(now, Status.KEPT if nothing else Status.RATED, assessment, opened)
        status = (KEPT if nothing else RATED) if written.changed else UNCHANGED
        if status == RATED:
            self._fresh[photo.path.parent].add(photo.path.name)
        return Outcome(
            photo.path,
            status,
            assessment.bare,
            verdict,
            written.rating,
            written.pick_label,
            capture=opened.capture if opened else None,
            group=group,
        )

    def _is_own(self, photo: Photo, pair: Pairing, record: sidecars.Record | None) -> bool:
        """Whether this iqsd would say the same: its own record looks newer on a disk whose clock is behind."""
        if pair.assessment is None or record is None:
            return False
        group = self.regrouping.of(photo.path)
        verdict = self.regrouping.verdict(photo.path.parent, pair.assessment, group)
        own = pair.without_what_a_person_decided(self._record(photo, pair.assessment, verdict, group))
        return replace(own, date=record.date) == record

    def _reserve(self) -> None:
        if not self.is_dry:
            self.journal.reserve()

    def _record(
        self, photo: Photo, assessment: Assessment, verdict: Verdict, group: Membership | None
    ) -> sidecars.Record:
        return sidecars.Record(
            score=assessment.score,
            aesthetic=assessment.aesthetic,
            quality=assessment.quality,
            faults=assessment.faults,
            model=assessment.model,
            photo_size=photo.signature.size,
            rating=rating_of(verdict, self.policy.rejected_as),
            pick_label=int(verdict.pick_label),
            reasons=verdict.reasons,
            date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            group=group_to_text(group),
        )

    def _adopt(self, photo: Photo, assessment: Assessment) -> Outcome:
        """Take over what another iqsd wrote, or this one before it lost its journal; the folder is settled later."""
        self._reserve()
        entry = self.journal.get(photo.path)
        if entry is not None and self.memory.was_undone(photo, entry):  # since the entry was read
            return known(photo, entry)
        self._remember(photo, Status.RATED, assessment)
        return Outcome(photo.path, UNCHANGED, assessment)

    def _leave_out(self, photo: Photo, entry: Entry | None, halves: Sequence[Photo]) -> Outcome:
        """Say nothing of this half; but what a person said of it counts in the burst that its other half is in."""
        now = Status.LEFT_OUT, photo.signature, sidecars_now(photo.path)
        if entry is None or (entry.state, entry.photo, entry.sidecar) != now:
            self._remember(photo, Status.LEFT_OUT, self.memory.figures(photo, entry))
            for half in halves:
                self.memory.ledger.groups.unsettle(half.path)
        return Outcome(photo.path, UNCHANGED)

    def _keep(self, photo: Photo, entry: Entry | None) -> Outcome:
        self._remember(photo, Status.KEPT, self.memory.figures(photo, entry))
        return Outcome(photo.path, KEPT)

    def _fail(
        self,
        photo: Photo,
        error: PhotoError,
        entry: Entry | None,
        assessment: Assessment | None = None,
        opened: Judged | None = None,
    ) -> Outcome:
        """Count, and set aside for, only what is wrong with the photo itself: the rest may be fixed at any time."""
        if is_gone(photo.path):
            return Outcome(photo.path, GONE)
        if entry is not None and self.memory.was_undone(photo, entry):
            return known(photo, entry)
        attempts = 0
        if isinstance(error, SidecarError) and assessment is None:
            assessment = self.memory.figures(photo, entry)
        if isinstance(error, UnreadablePhotoError) and not isinstance(error, MissingLibraryError):
            same = entry is not None and entry.photo == photo.signature and entry.policy == self.policy.fingerprint
            attempts = (entry.attempts if entry is not None and same else 0) + 1
        self._remember(photo, Status.FAILED, assessment, opened, attempts, error.detail)
        is_news = entry is None or entry.reason != error.detail or entry.photo != photo.signature
        return Outcome(photo.path, FAILED, error=error, is_news=is_news)

    def _remember(
        self,
        photo: Photo,
        state: Status,
        assessment: Assessment | None,
        opened: Judged | None = None,
        attempts: int = 0,
        reason: str = "",
    ) -> None:
        entry = Entry(
            photo=photo.signature,
            sidecar=sidecars_now(photo.path),
            state=state,
            policy=self.policy.fingerprint,
            attempts=attempts,
            reason=reason,
            assessment=assessment,
            inode=moving.inode(photo.path),
            changed_ns=photo.changed_ns,
        )
        capture, look = (None, None) if opened is None else (opened.capture, opened.look)
        self.memory.ledger.put(photo.path, entry, capture, look)
        self.regrouping.notice(photo.path.parent, time.monotonic())
