"""`iqsd doctor`: what is in the way, and what to do."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from iqsd.cli.common import ConfigOption
from iqsd.doctor.examination import examine
from iqsd.doctor.finding import Level
from iqsd.errors import ExitCode


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: ConfigOption = None,
) -> None:
    """Check everything iqsd depends on, and say what to do.

    Looks at folders, limits, model, journal, service and digiKam's settings, and changes nothing. The exit code is 1 if
    there is a problem; warnings do not count.
    """
    from iqsd.views.console import stdout  # loads rich, which the daemon does not need
    from iqsd.views.doctor import row, summary

    console, findings = stdout(), []
    for finding in examine(config):
        findings.append(finding)
        if not as_json:
            console.print(row(finding), soft_wrap=True)
    problems = sum(finding.level is Level.PROBLEM for finding in findings)
    if as_json:
        typer.echo(json.dumps({"problems": problems, "findings": [asdict(finding) for finding in findings]}))
    else:
        console.print(summary(findings))
    raise typer.Exit(ExitCode.SOME_FAILED if problems else ExitCode.OK)
