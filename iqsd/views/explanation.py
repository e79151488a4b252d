"""`iqsd explain` on a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import zip_longest
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from iqsd.errors import printable
from iqsd.explaining.explanation import Explanation
from iqsd.photos.capture import Capture
from iqsd.scoring.metadata import AESTHETIC, QUALITY
from iqsd.sidecars import Record, State
from iqsd.verdict import NAMED_FROM, PickLabel
from iqsd.views.bars import Marks, bar, gauge, marks
from iqsd.views.lines import score_object

_OPINIONS, _GRADES = ("1", "2", "3", "4", "5"), ("bad", "poor", "fair", "good", "excellent")
_COLOURS = {PickLabel.ACCEPTED: "green", PickLabel.PENDING: "yellow", PickLabel.REJECTED: "red"}
_TWO_COLUMNS = 72  # characters; below this, what would be side by side is stacked
_COLUMN = 40
_BAR = 14
_HEADINGS = 10
_HEADING = "bold"
_HALF = 50  # percent: "in the upper 95 %" would praise the last but one


def show(explanation: Explanation, console: Console) -> None:
    """Print one explanation, as wide as the console."""
    drawn = marks(console.encoding)
    console.print(_title(explanation, drawn))
    left = [*_distribution(explanation, QUALITY, drawn), *_faults(explanation, drawn)]
    right = [*_distribution(explanation, AESTHETIC, drawn), *_other_distributions(explanation, drawn)]
    console.print()
    for line in _side_by_side(left, right) if console.width >= _TWO_COLUMNS else [*left, Text(), *right]:
        console.print(Text("  ") + line)
    console.print()
    for heading, sentences in _rows(explanation, drawn):
        for number, sentence in enumerate(_wrapped(sentences, console.width)):
            console.print(Text("  ").append(f"{'' if number else heading:<{_HEADINGS}}", _HEADING).append(sentence))


def as_object(explanation: Explanation) -> dict[str, object]:
    """The score line with everything else that `iqsd explain` knows; docs/commands.md describes the fields."""
    state, standing, group = explanation.state, explanation.standing, explanation.group
    line = score_object(explanation.path, explanation.assessment, explanation.verdict)
    line["distributions"] = {k: [round(v, 3) for v in d] for k, d in explanation.assessment.distributions.items()}
    line["parts"] = {
        "outputs": [
            {**asdict(part), "rank": round(part.rank, 1), "points": round(part.points, 1)}
            for part in explanation.parts.outputs
        ],
        "faults": round(explanation.parts.faults, 1),
    }
    line["thresholds"] = asdict(explanation.thresholds)
    line["margins"] = list(explanation.margins)
    line["sidecar"] = None if state is None else _sidecar_object(state)
    line["sidecar_error"] = None if explanation.trouble is None else explanation.trouble.detail
    line["folder"] = None if standing is None else {**asdict(standing), "upper_percent": standing.upper_percent}
    line["group"] = None if group is None else asdict(group)
    line["capture"] = {k: v for k, v in asdict(explanation.capture).items() if v is not None}
    line["figures_from"] = "journal" if explanation.is_known else "photo"
    return line


def _sidecar_object(state: State) -> dict[str, object]:
    record = state.record
    return {
        "path": printable(state.path),
        "exists": state.exists,
        "rating": state.rating,
        "pick_label": state.pick_label,
        "rating_is_persons": state.rating_is_persons,
        "pick_label_is_persons": state.pick_label_is_persons,
        "written": None if record is None else {"rating": record.rating, "pick_label": record.pick_label},
        "date": None if record is None else record.date,
        "reasons": None if record is None else list(record.reasons),
    }


def _title(explanation: Explanation, drawn: Marks) -> Text:
    verdict = explanation.verdict
    colour = _COLOURS[verdict.pick_label]
    text = Text(printable(explanation.path), _HEADING)
    text.append("\n\n  ")
    text.append(f"{explanation.assessment.score:.1f}", "bold")
    text.append(" of 100   ")
    text.append(drawn.star * verdict.rating, "yellow")
    text.append("   ")
    return text.append(verdict.pick_label.word, f"bold {colour}")


def _distribution(explanation: Explanation, name: str, drawn: Marks) -> list[Text]:
    """The shares of one output as bars, under its mean; nothing if the model has no such output."""
    assessment = explanation.assessment
    mean = {QUALITY: assessment.quality, AESTHETIC: assessment.aesthetic}.get(name)
    shares = assessment.distributions.get(name)
    if mean is None and shares is None:
        return []
    scale = {QUALITY: " of 5", AESTHETIC: " of 10"}.get(name, "")
    lines = [Text(f"{name} {mean:.1f}{scale}" if mean is not None else name, _HEADING)]
    if shares is None:
        return lines
    bins = explanation.bins[name]
    labels = _GRADES if (name, bins) == (QUALITY, _OPINIONS) else bins
    wide, most = max(map(len, labels)), max(shares)
    for label, share in zip(labels, shares, strict=True):
        drawing = bar(share / most if most else 0.0, _BAR, drawn)  # with thousands of bins, each share rounds to 0
        lines.append(Text(f"{label:>{wide}} {share:4.0%} ").append(drawing, "cyan"))
    return lines


def _other_distributions(explanation: Explanation, drawn: Marks) -> list[Text]:
    others = [name for name in explanation.assessment.distributions if name not in (QUALITY, AESTHETIC)]
    return [line for name in others for line in _distribution(explanation, name, drawn)]


def _faults(explanation: Explanation, drawn: Marks) -> list[Text]:
    faults = explanation.assessment.faults
    if not faults:
        return []
    lines = [Text(), Text(f"faults (named from {NAMED_FROM:g})", _HEADING)]
    wide = max(map(len, faults))
    for name, value in sorted(faults.items(), key=lambda item: -item[1]):
        drawing = gauge(value, NAMED_FROM, _BAR, drawn)
        figure = Text(f"{name.replace('_', ' '):>{wide}} {value:4.2f} ")
        lines.append(figure.append(drawing, "red" if value >= NAMED_FROM else "cyan"))
    return lines


def _rows(explanation: Explanation, drawn: Marks) -> Iterator[tuple[str, Iterable[str]]]:
    """What is said in words, under headings."""
    yield "why", explanation.verdict.reasons
    yield "score", (*_parts(explanation), *explanation.margins)
    yield "sidecar", _sidecar(explanation, drawn)
    if explanation.standing is not None:
        place = explanation.standing
        among = f": in the top {place.upper_percent} % of this folder" if place.upper_percent <= _HALF else ""
        yield "folder", (f"place {place.place:,} of {place.of:,}{among}",)
    if explanation.group is not None:
        group = explanation.group
        best = "the best" if group.place == 1 else f"the best is {printable(group.best)}"
        yield group.kind.value, (f"place {group.place} of {group.size} frames; {best}",)
    if taken := _capture(explanation.capture):
        yield "taken", (taken,)
    source = "from the journal" if explanation.is_known else "judged now"
    yield "model", (f"{explanation.assessment.model} ({source})",)


def _parts(explanation: Explanation) -> Iterator[str]:
    parts = explanation.parts
    for part in parts.outputs:
        yield f"{part.points:5.1f}  {part.name}: rank {part.rank:.0f} of 100, weight {part.weight:.0%}"
    if parts.faults:
        yield f"{parts.faults:5.1f}  for its faults"


def _sidecar(explanation: Explanation, drawn: Marks) -> Iterator[str]:
    """What the sidecar says, what iqsd wrote, and what it leaves alone."""
    state, pair = explanation.state, explanation.pair
    if state is None or pair is None:
        yield f"cannot be determined: {explanation.trouble}"
        return
    record = state.record
    if record is not None:
        wrote = [_stars(record.rating, drawn), _label(record.pick_label)]
        what = ", ".join(word for word in wrote if word) or "only its figures"
        yield f"iqsd wrote {what} on {_date(record)}"
        if record.reasons != explanation.verdict.reasons:
            yield f"its reasons then: {'; '.join(record.reasons)}"
    elif state.exists:
        yield "there is one, but iqsd has not written to it"
    else:
        yield "there is none"
    if state.rating_is_persons:
        yield f"the rating is a person's ({_stars(state.rating, drawn) or 'none'}): left as it is"
    elif pair.rating_is_persons:
        yield "the other half of the pair has a person's rating: no other is set here"
    if state.pick_label_is_persons:
        yield f"the pick label is a person's ({_label(state.pick_label) or 'none'}): left as it is"
    elif pair.pick_label_is_persons:
        yield "the other half of the pair has a person's pick label: no other is set here"


def _stars(rating: int | None, drawn: Marks) -> str:
    if rating is None:
        return ""
    return drawn.star * rating if rating > 0 else f"rating {rating}"


def _label(number: int | None) -> str:
    return PickLabel(number).word if number else ""


def _date(record: Record) -> str:
    return record.date if record.moment is None else record.moment.strftime("%Y-%m-%d %H:%M")


def _capture(known: Capture) -> str:
    """When, with what and how it was taken, as far as the camera recorded it."""
    make, model = known.make or "", known.model or ""
    words = [(known.taken or "")[:19].replace("T", " "), model if model.startswith(make) else f"{make} {model}"]
    if known.exposure_time:
        words.append(
            f"{known.exposure_time:g} s" if known.exposure_time > 0.3 else f"1/{1 / known.exposure_time:.0f} s"
        )
    words += [f"f/{known.f_number:g}"] if known.f_number else []
    words += [f"ISO {known.iso}"] if known.iso else []
    words += [f"{known.focal_length:g} mm"] if known.focal_length else []
    words += [f"{known.width} x {known.height}"] if known.width and known.height else []
    return ", ".join(word.strip() for word in words if word.strip())


def _side_by_side(left: list[Text], right: list[Text]) -> Iterator[Text]:
    for one, other in zip_longest(left, right, fillvalue=Text()):
        line = one.copy()
        if other:
            line.append(" " * (_COLUMN - line.cell_len))
        yield line + other


def _wrapped(sentences: Iterable[str], width: int) -> list[str]:
    room = max(20, width - _HEADINGS - 3)
    return [line for sentence in sentences for line in wrap(sentence, room, subsequent_indent="  ")]
