"""One photo as a line: a JSON object for programs, a row for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from iqsd.errors import IqsdError, printable
from iqsd.outcome import Outcome
from iqsd.scoring.assessment import Assessment
from iqsd.verdict import Verdict

SCORE_HEADER = "score  stars  label     photo"
STARS, LABEL = "stars", "label"


def score_object(path: Path, assessment: Assessment, verdict: Verdict, embedding: bool = False) -> dict[str, object]:
    """The score line: one photo as a JSON object. docs/commands.md describes the fields."""
    line: dict[str, object] = {
        "path": path_text(path),
        "score": assessment.score,
        "aesthetic": assessment.aesthetic,
        "quality": assessment.quality,
        "faults": dict(assessment.faults),
        "rating": verdict.rating,
        "pick_label": verdict.pick_label.word,
        "reasons": list(verdict.reasons),
        "model": assessment.model,
    }
    if embedding:
        line["embedding"] = [round(value, 5) for value in assessment.embedding]
    return line


def error_object(path: Path, error: IqsdError) -> dict[str, object]:
    """The line of a photo that could not be judged."""
    advice = f" ({error.advice})" if error.advice else ""
    return {"path": path_text(path), "error": f"{error.detail}{advice}"}


def outcome_object(outcome: Outcome) -> dict[str, object]:
    """One photo of a rescan: the score line, where there is one, with what became of the photo."""
    if outcome.error is not None:
        return {"status": outcome.status, **error_object(outcome.path, outcome.error)}
    if outcome.assessment is None or outcome.verdict is None:
        return {"status": outcome.status, "path": path_text(outcome.path)}
    line = score_object(outcome.path, outcome.assessment, outcome.verdict)
    written = {"rating": outcome.rating, "pick_label": outcome.pick_label}
    return {"status": outcome.status, **line, "written": written}


def dump(line: dict[str, object]) -> str:
    """One line of JSON; what a terminal might obey or cannot show is written as JSON escapes."""
    text = json.dumps(line, ensure_ascii=sys.stdout.encoding.lower() != "utf-8")
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def score_row(path: Path, assessment: Assessment, verdict: Verdict, left: Sequence[str] = ()) -> str:
    """One row of the table for people, without what was `left` to a person, which is named at the end."""
    stars = "" if STARS in left else "*" * verdict.rating
    label = "" if LABEL in left else verdict.pick_label.word
    row = f"{assessment.score:5.1f}  {stars:<5}  {label:<8}  {printable(path)}  ({'; '.join(verdict.reasons)})"
    return f"{row}, {' and '.join(left)} left to the person" if left else row


def path_text(path: Path) -> str:
    """The path for JSON: unchanged, except that bytes which are not text are spelled out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
