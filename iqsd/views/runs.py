"""What a run over many photos prints: about each as it comes, and about all at the end."""

from __future__ import annotations

import re
import sys
from collections import Counter

from iqsd.errors import IqsdError, printable
from iqsd.outcome import GONE, KEPT, RATED, SETTLED, UNCHANGED, Outcome
from iqsd.report.applying import Applied
from iqsd.sidecars import Field
from iqsd.undoing import Undoing
from iqsd.verdict import PickLabel
from iqsd.views.lines import LABEL, STARS, dump, error_object, outcome_object, path_text, score_row

_BEST_FIRST = (PickLabel.ACCEPTED, PickLabel.PENDING, PickLabel.REJECTED)


class _Run:
    """What all runs have in common: what they count, and where errors and the summary go.

    Attributes:
        failed: how many photos had an error.
    """

    def __init__(self, as_json: bool, dry_run: bool) -> None:
        self.failed = 0
        self._json = as_json
        self._dry_run = dry_run
        self._counts: Counter[str] = Counter()

    def _complain(self, error: IqsdError) -> None:
        self.failed += 1
        print(f"iqsd: {error}", file=sys.stderr)

    def _sum_up(self, text: str) -> None:
        print(text, file=sys.stderr if self._json else sys.stdout)


class RescanReport(_Run):
    """Prints the outcomes of a rescan as they come and sums them up.

    In a log or a pipe, each photo is a line; on a terminal the progress bar stands for them, and only errors are lines.

    Args:
        as_json: one JSON object per photo on stdout; everything else goes to stderr.
        dry_run: nothing was written; say "would".
        quiet: print only errors.
        verbose: print lines on a terminal, too, and also for photos that needed nothing.
    """

    def __init__(self, as_json: bool, dry_run: bool, quiet: bool, verbose: bool) -> None:
        super().__init__(as_json, dry_run)
        self._quiet = quiet
        self._verbose = verbose
        self._rows = not as_json and not quiet and (verbose or not sys.stdout.isatty())
        self._labels: Counter[PickLabel] = Counter()
        self._shared = 0  # photos with a field that was left to a person
        self._reasons: Counter[str] = Counter()

    @property
    def leaves_room(self) -> bool:
        """Whether a progress bar may be shown below what is printed; not with JSON on a terminal."""
        return not self._quiet and not (self._json and sys.stdout.isatty())

    def add(self, outcome: Outcome) -> None:
        """Print one outcome."""
        self._counts[outcome.status] += 1
        if outcome.error is not None:
            self._reasons[re.split(r":|;| \(", outcome.error.detail)[0]] += 1
            self._complain(outcome.error)
        left = [name for name, value in ((STARS, outcome.rating), (LABEL, outcome.pick_label)) if value is None]
        if outcome.status == RATED and outcome.verdict is not None:
            self._labels[outcome.verdict.pick_label] += LABEL not in left
            self._shared += bool(left)
        if outcome.status == SETTLED and outcome.verdict is not None and outcome.before is not None:
            self._labels[outcome.before.pick_label] -= LABEL not in left
            self._labels[outcome.verdict.pick_label] += LABEL not in left
        if self._json:
            print(dump(outcome_object(outcome)), flush=True)
        elif self._rows and outcome.status in (RATED, SETTLED) and outcome.assessment and outcome.verdict:
            print(score_row(outcome.path, outcome.assessment, outcome.verdict, left), flush=True)
        elif self._verbose and outcome.error is None:
            print(f"{outcome.status:<21}  {printable(outcome.path)}", flush=True)

    def summary(self) -> None:
        """Print what became of all photos."""
        if self._quiet:
            return
        count = self._counts
        done = "would be rated" if self._dry_run else "rated"
        labels = ", ".join(f"{self._labels[label]:,} {label.word}" for label in _BEST_FIRST)
        labels += f"; {self._shared:,} with a person's stars or label left as they were" if self._shared else ""
        why = ", ".join(f"{number:,} x {reason}" for reason, number in self._reasons.most_common())
        text = (
            f"{count[RATED]:,} {done}{f' ({labels})' if count[RATED] else ''}, "
            f"{count[KEPT]:,} kept because a person had rated them, "
            f"{count[UNCHANGED]:,} unchanged, {self.failed:,} failed{f' ({why})' if why else ''}"
        )
        if count[GONE]:
            text += f", {count[GONE]:,} gone before they could be rated"
        if count[SETTLED]:
            text += f"; {count[SETTLED]:,} judged again with the others in their folder"
        self._sum_up(text)


class UndoReport(_Run):
    """Prints what `iqsd undo` did and sums it up."""

    def add(self, undoing: Undoing) -> None:
        """Print one photo."""
        left = sorted(undoing.left_to_person)
        self._counts["undone"] += undoing.error is None
        self._counts["left"] += bool(left)
        if undoing.error is not None:
            self._complain(undoing.error)
        if self._json:
            line = {"path": path_text(undoing.path), "sidecar_removed": undoing.removed, "left_to_person": left}
            print(dump(error_object(undoing.path, undoing.error) if undoing.error else line))
        elif undoing.error is None:
            what = "sidecar removed" if undoing.removed else "taken back"
            kept = "".join(f", {field.replace('_', ' ')} left to the person" for field in left)
            print(f"{printable(undoing.path)}: {what}{kept}")

    def summary(self) -> None:
        """Print what became of all photos."""
        done = "would be taken back" if self._dry_run else "taken back"
        count = self._counts
        text = f"{count['undone']:,} {done}, of which {count['left']:,} keep what a person has changed since"
        self._sum_up(f"{text}; {self.failed:,} failed")


class ApplyReport(_Run):
    """Prints what `iqsd apply` did and sums it up."""

    def add(self, applied: Applied) -> None:
        """Print one photo."""
        path, decisions = applied.change.path, applied.change.decisions
        status = "left alone" if applied.error else ("written" if applied.written else "stands already")
        self._counts[status] += 1
        if applied.error is not None:
            self._complain(applied.error)
        if self._json:
            decided = {field.value: decision.value for field, decision in decisions.items()}
            line = error_object(path, applied.error) if applied.error else {"path": path_text(path), **decided}
            print(dump({"status": status, **line}))
        elif applied.error is None:
            what = ", ".join(_decided(field, each.value) for field, each in decisions.items())
            print(f"{printable(path)}: {what}{'' if applied.written else ' (already there)'}")

    def summary(self) -> None:
        """Print what became of all changes."""
        done = "would be written" if self._dry_run else "written"
        count = self._counts
        text = f"{count['written']:,} {done}, {count['stands already']:,} already there, {self.failed:,} left alone"
        self._sum_up(text)


def _decided(field: Field, value: int) -> str:
    return f"label {PickLabel(value).word}" if field is Field.PICK_LABEL else f"rating {value}"
