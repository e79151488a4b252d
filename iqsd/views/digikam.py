"""`iqsd digikam`: what is in digiKam's way, and what was set."""

from __future__ import annotations

from collections.abc import Sequence

from iqsd.digikam import Config, Finding, Setup


def digikam_lines(config: Config, findings: Sequence[Finding]) -> list[str]:
    """What `iqsd digikam check` says about one digiKam."""
    if not findings:
        return [f"{config.kind} ({config.path}): reads what iqsd writes."]
    lines = [f"{config.kind} ({config.path}): {len(findings)} in the way; `iqsd digikam setup` changes what it can."]
    for finding in findings:
        lines.append(f"  {finding.problem}")
        lines.append(f"    [{finding.group}] {finding.key} is {finding.found or 'not set'}; {finding.menu}")
    return lines


def digikam_setup_lines(config: Config, done: Setup) -> list[str]:
    """What `iqsd digikam setup` did to one digiKam."""
    lines = [f"{config.kind} ({config.path}): {'set' if done.changed else 'nothing to change'}."]
    lines += [f"  [{f.group}] {f.key}: {f.found or 'not set'} -> {f.wanted}" for f in done.changed]
    lines += [f"  left for you: {f.problem} ({f.menu})" for f in done.left]
    return lines + ([f"  Backup of the old settings: {done.backup}"] if done.backup else [])
