"""`iqsd doctor` on a terminal: one line per finding, and below it what to do."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from iqsd.doctor.finding import Finding, Level

_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


def row(finding: Finding) -> Text:
    """One finding."""
    text = Text(f"{finding.level.value:<8}", _COLOURS[finding.level])
    text.append(f" {finding.topic:<9} ", "bold")
    text.append(finding.found, "")
    if finding.advice:
        text.append(f"\n{'':19}-> {finding.advice}", "")
    return text


def summary(findings: Sequence[Finding]) -> str:
    """How many of each kind, in a sentence."""
    problems = sum(finding.level is Level.PROBLEM for finding in findings)
    warnings = sum(finding.level is Level.WARNING for finding in findings)
    if not problems and not warnings:
        return "All is well."
    return f"{_count(problems, 'problem')}, {_count(warnings, 'warning')}."


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
