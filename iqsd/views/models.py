"""What people read about models: a line each, and what a check found."""

from __future__ import annotations

from collections.abc import Sequence

from iqsd.errors import ModelError, printable
from iqsd.models import Model
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.checking import Check
from iqsd.scoring.metadata import Input, Output
from iqsd.verdict import NAMED_FROM, judge


def model_lines(models: Sequence[Model]) -> list[str]:
    """The table of models; a star marks the one in use."""
    lines = []
    for model in models:
        mark = "*" if model.in_use else " "
        where = "comes with iqsd" if model.shipped else printable(model.file)
        size = "no file" if model.size is None else f"{model.size / 1e6:.1f} MB"
        if isinstance(model.metadata, ModelError):
            lines.append(f"{mark} {printable(model.file.stem):<24} {size:>8}  cannot be used: {model.metadata}")
            continue
        data = model.metadata
        outputs = ", ".join(output.name for output in data.outputs)
        lines.append(f"{mark} {data.name:<24} {size:>8}  {data.input.width}x{data.input.height}  {outputs}  ({where})")
    return lines


def check_lines(check: Check) -> list[str]:
    """Everything that iqsd knows about a model, and what the model says about what it was shown."""
    data = check.metadata
    cuts = data.thresholds
    lines = [data.name, f"input     {check.input}: {_input(data.input)}"]
    lines += [f"output {o.tensor}  {_output(o)}: {check.outputs[o.tensor]}" for o in data.outputs]
    weights = ", ".join(f"{name} {weight / sum(data.weights.values()):.0%}" for name, weight in data.weights.items())
    lines.append(f"score     {weights}")
    lines.append(f"labels    rejected below {cuts.reject_below:g}, accepted from {cuts.accept_from:g}")
    lines.append(f"stars     two to five from {', '.join(f'{cut:g}' for cut in cuts.stars)}")
    width = max(len(printable(name)) for name, _ in check.answers)
    lines += ["", f"{'shown':<{width}}  score  stars  label     says"]
    for name, found in check.answers:
        verdict = judge(found, cuts)
        label, stars = verdict.pick_label.word, "*" * verdict.rating
        row = f"{printable(name):<{width}}  {found.score:5.1f}  {stars:<5}  {label:<8}  {_says(check, found)}"
        lines.append(row.rstrip())
    return lines


def _input(how: Input) -> str:
    scaling = f"(value - {_numbers(how.mean)}) / {_numbers(how.std)}"
    return f"{how.width}x{how.height} {how.channels}, {how.fit}, {how.resize}, {scaling}"


def _output(output: Output) -> str:
    if output.kind == "distribution":
        what = f"distribution over {len(output.scale)} values, {output.scale[0]:g} to {output.scale[-1]:g}"
    elif output.kind == "scalar":
        what = f"scalar, {output.scale[0]:g} to {output.scale[-1]:g}"
    else:
        what = " ".join([output.kind, *([", ".join(output.labels)] if output.labels else [])])
    return f"{output.name}: {what}" + ("" if output.activation == "none" else f", {output.activation}")


def _says(check: Check, found: Assessment) -> str:
    """The means, the probabilities of classes, and the faults that a person would name."""
    said = [
        f"{name} {value:.2f}" for name, value in (("quality", found.quality), ("aesthetic", found.aesthetic)) if value
    ]
    for output in check.metadata.outputs:
        if output.kind == "classes":
            shares = zip(output.labels, found.distributions[output.name], strict=True)
            said.append(f"{output.name}: " + ", ".join(f"{label} {share:.0%}" for label, share in shares))
    said += [f"{name} {value:.2f}" for name, value in found.faults.items() if value >= NAMED_FROM]
    return "; ".join(said)


def _numbers(values: Sequence[float]) -> str:
    return f"{values[0]:g}" if len(set(values)) == 1 else "[" + ", ".join(f"{value:g}" for value in values) + "]"
