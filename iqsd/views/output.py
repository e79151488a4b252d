"""What people and programs read: lines, the score line as JSON, the progress bar, the summary."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from iqsd.digikam import Config, Finding, Setup
from iqsd.errors import IqsdError, printable
from iqsd.outcome import FAILED, GONE, KEPT, RATED, SETTLED, UNCHANGED, Outcome
from iqsd.photos.formats import FORMATS
from iqsd.report.applying import Applied
from iqsd.scoring.assessment import Assessment
from iqsd.sidecars import Field
from iqsd.undoing import Undoing
from iqsd.verdict import PickLabel, Verdict


def format_lines() -> Iterator[str]:
    """The table of formats: name, library, what is read, suffixes."""
    for entry in FORMATS:
        needs = entry.needs
        state = f"{needs.name} {needs.version}" if needs.is_installed else f"not installed: {needs.install}"
        yield f"{entry.name:8} {state}"
        yield f"{'':8} reads {entry.how}"
        yield f"{'':8} {' '.join(entry.suffixes)}"


def score_object(path: Path, assessment: Assessment, verdict: Verdict, embedding: bool = False) -> dict[str, object]:
    """The score line: one photo as a JSON object. docs/commands.md describes the fields."""
    line: dict[str, object] = {
        "path": _text(path),
        "score": assessment.score,
        "aesthetic": assessment.aesthetic,
        "quality": assessment.quality,
        "faults": dict(assessment.faults),
        "rating": verdict.rating,
        "pick_label": verdict.pick_label.name.lower(),
        "reasons": list(verdict.reasons),
        "model": assessment.model,
    }
    if embedding:
        line["embedding"] = [round(value, 5) for value in assessment.embedding]
    return line


def error_object(path: Path, error: IqsdError) -> dict[str, object]:
    """The line of a photo that could not be judged."""
    advice = f" ({error.advice})" if error.advice else ""
    return {"path": _text(path), "error": f"{error.detail}{advice}"}


def outcome_object(outcome: Outcome) -> dict[str, object]:
    """One photo of a rescan: the score line, where there is one, with what became of the photo."""
    if outcome.error is not None:
        return {"status": outcome.status, **error_object(outcome.path, outcome.error)}
    if outcome.assessment is None or outcome.verdict is None:
        return {"status": outcome.status, "path": _text(outcome.path)}
    line = score_object(outcome.path, outcome.assessment, outcome.verdict)
    return {"status": outcome.status, **line, "written": _written(outcome)}


def dump(line: dict[str, object]) -> str:
    """One line of JSON."""
    return json.dumps(line, ensure_ascii=False)


STARS, LABEL = "stars", "label"


def score_row(path: Path, assessment: Assessment, verdict: Verdict) -> str:
    """One row of the table that `iqsd score` prints."""
    return _row(path, assessment.score, "*" * verdict.rating, verdict.pick_label.name.lower(), verdict.reasons)


def outcome_row(path: Path, assessment: Assessment, verdict: Verdict, left: Sequence[str]) -> str:
    """The same of a photo that was rated; without what was `left` to a person, which is named at the end."""
    stars = "" if STARS in left else "*" * verdict.rating
    label = "" if LABEL in left else verdict.pick_label.name.lower()
    row = _row(path, assessment.score, stars, label, verdict.reasons)
    return f"{row}, {' and '.join(left)} left to the person" if left else row


def _row(path: Path, score: float, stars: str, label: str, reasons: Sequence[str]) -> str:
    return f"{score:5.1f}  {stars:<5}  {label:<8}  {printable(path)}  ({'; '.join(reasons)})"


_BEST_FIRST = (PickLabel.ACCEPTED, PickLabel.PENDING, PickLabel.REJECTED)
SCORE_HEADER = "score  stars  label     photo"


class Report:
    """Prints the outcomes of a rescan as they come and sums them up.

    A photo is a line in a log or a pipe; on a terminal the progress bar stands for them, and only errors are lines.

    Args:
        as_json: one JSON object a photo on stdout; everything else goes to stderr.
        dry_run: nothing was written; say "would".
        quiet: only errors.
        verbose: lines on a terminal, too, and also for photos that needed nothing.
    """

    def __init__(self, as_json: bool, dry_run: bool, quiet: bool = False, verbose: bool = False) -> None:
        self._json = as_json
        self._dry_run = dry_run
        self._quiet = quiet
        self._verbose = verbose
        self._rows = not as_json and not quiet and (verbose or not sys.stdout.isatty())
        self._counts: Counter[str] = Counter()
        self._labels: Counter[PickLabel] = Counter()
        self._shared = 0  # with a field that was left to a person
        self._reasons: Counter[str] = Counter()

    @property
    def failed(self) -> int:
        """How many photos could not be rated."""
        return self._counts[FAILED]

    def add(self, outcome: Outcome) -> None:
        """Print one outcome."""
        self._counts[outcome.status] += 1
        if outcome.error is not None:
            self._reasons[outcome.error.detail.split(":")[0].split(" (")[0]] += 1
            print(f"iqsd: {outcome.error}", file=sys.stderr)
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
            print(outcome_row(outcome.path, outcome.assessment, outcome.verdict, left), flush=True)
        elif self._verbose and not self._json and outcome.error is None:
            print(f"{outcome.status:<21}  {printable(outcome.path)}", flush=True)

    def summary(self) -> None:
        """Print what became of all photos."""
        if self._quiet:
            return
        count = self._counts
        done = "would be rated" if self._dry_run else "rated"
        labels = ", ".join(f"{self._labels[label]:,} {label.name.lower()}" for label in _BEST_FIRST)
        labels += f"; {self._shared:,} with a person's stars or label left as they were" if self._shared else ""
        why = ", ".join(f"{number:,} x {reason}" for reason, number in self._reasons.most_common())
        text = (
            f"{count[RATED]:,} {done}{f' ({labels})' if count[RATED] else ''}, "
            f"{count[KEPT]:,} kept because a person had rated, "
            f"{count[UNCHANGED]:,} unchanged, {count[FAILED]:,} failed{f' ({why})' if why else ''}"
        )
        if count[GONE]:
            text += f", {count[GONE]:,} gone before they could be rated"
        if count[SETTLED]:
            text += f"; {count[SETTLED]:,} judged once more, by the others of their folder"
        print(text, file=sys.stderr if self._json else sys.stdout)


def digikam_lines(config: Config, findings: Sequence[Finding]) -> list[str]:
    """What `iqsd digikam check` says of one digiKam."""
    if not findings:
        return [f"{config.kind} ({config.path}): reads what iqsd writes."]
    lines = [f"{config.kind} ({config.path}): {len(findings)} in the way; `iqsd digikam setup` sets what it can."]
    for finding in findings:
        lines.append(f"  {finding.problem}")
        lines.append(f"    [{finding.group}] {finding.key} is {finding.found or 'not set'}; {finding.menu}")
    return lines


def digikam_setup_lines(config: Config, done: Setup) -> list[str]:
    """What `iqsd digikam setup` did to one digiKam."""
    lines = [f"{config.kind} ({config.path}): {'set' if done.changed else 'nothing to set'}."]
    lines += [f"  [{f.group}] {f.key}: {f.found or 'not set'} -> {f.wanted}" for f in done.changed]
    lines += [f"  left for you: {f.problem} ({f.menu})" for f in done.left]
    return lines + ([f"  The settings as they were: {done.backup}"] if done.backup else [])


class UndoReport:
    """Prints what `iqsd undo` did and sums it up."""

    def __init__(self, as_json: bool, dry_run: bool) -> None:
        self._json = as_json
        self._dry_run = dry_run
        self._counts: Counter[str] = Counter()

    @property
    def failed(self) -> int:
        """How many photos could not be looked at or restored."""
        return self._counts["failed"]

    def add(self, undoing: Undoing) -> None:
        """Print one photo."""
        left = sorted(undoing.left_to_person)
        self._counts["failed" if undoing.error else "undone"] += 1
        self._counts["left"] += bool(left)
        if undoing.error is not None:
            print(f"iqsd: {undoing.error}", file=sys.stderr)
        if self._json:
            line = {"path": _text(undoing.path), "sidecar_removed": undoing.removed, "left_to_person": left}
            print(dump(error_object(undoing.path, undoing.error) if undoing.error else line))
        elif undoing.error is None:
            what = "sidecar removed" if undoing.removed else "taken back"
            print(f"{printable(undoing.path)}: {what}{''.join(f', {field} left to the person' for field in left)}")

    def summary(self) -> None:
        """Print what became of all photos."""
        done = "would be taken back" if self._dry_run else "taken back"
        text = f"{self._counts['undone']} {done}, of which {self._counts['left']} keep what a person has changed since"
        print(f"{text}; {self.failed} failed", file=sys.stderr if self._json else sys.stdout)


class ApplyReport:
    """Prints what `iqsd apply` did and sums it up."""

    def __init__(self, as_json: bool, dry_run: bool) -> None:
        self._json = as_json
        self._dry_run = dry_run
        self._counts: Counter[str] = Counter()

    @property
    def failed(self) -> int:
        """How many changes were not made."""
        return self._counts["left alone"]

    def add(self, applied: Applied) -> None:
        """Print one photo."""
        path, decisions = applied.change.path, applied.change.decisions
        status = "left alone" if applied.error else ("written" if applied.written else "stands already")
        self._counts[status] += 1
        if applied.error is not None:
            print(f"iqsd: {applied.error}", file=sys.stderr)
        if self._json:
            decided = {field.value: decision.value for field, decision in decisions.items()}
            line = error_object(path, applied.error) if applied.error else {"path": _text(path), **decided}
            print(dump({"status": status, **line}))
        elif applied.error is None:
            what = ", ".join(_decided(field, each.value) for field, each in decisions.items())
            print(f"{printable(path)}: {what}{'' if applied.written else ' (stands already)'}")

    def summary(self) -> None:
        """Print what became of all changes."""
        done = "would be written" if self._dry_run else "written"
        count = self._counts
        text = f"{count['written']} {done}, {count['stands already']} stood already, {self.failed} left alone"
        print(text, file=sys.stderr if self._json else sys.stdout)


def _decided(field: Field, value: int) -> str:
    return f"label {PickLabel(value).name.lower()}" if field is Field.PICK_LABEL else f"rating {value}"


_BAR_SECONDS = 0.1


@contextmanager
def progress(total: Callable[[], int] | None) -> Iterator[Callable[[], None]]:
    """A bar with rate and remaining time on a terminal, nothing elsewhere.

    Args:
        total: counts the photos; called only if there is a terminal to show it on. None: show nothing.

    Yields:
        what to call after each photo.
    """
    if total is None or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("remaining"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total(), rate="")

        done, shown = 0, time.monotonic()

        def show() -> None:
            bar.update(task, completed=done)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:.0f} photos/s" if speed else "")

        def advance() -> None:
            nonlocal done, shown
            done += 1
            if time.monotonic() - shown >= _BAR_SECONDS:  # known photos come by the ten thousand a second
                show()
                shown = time.monotonic()

        yield advance
        show()


def _written(outcome: Outcome) -> dict[str, int | None]:
    return {"rating": outcome.rating, "pick_label": outcome.pick_label}


def _text(path: Path) -> str:
    """The path for JSON: as it is if it is text, else readable, with the odd bytes spelled out."""
    text = str(path)
    return text if text.isprintable() else printable(path)
