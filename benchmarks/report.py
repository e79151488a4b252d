"""The result as a page and as a plot."""

from __future__ import annotations

import datetime
import platform
from dataclasses import dataclass
from pathlib import Path

from benchmarks.latency import Idle, Latency

US = "iqsd"
_NOTES = """All in one run, on the same photos. They are made from free photographs, with a sensor's noise, a camera's
sharpening and previews, taken a minute apart, every fourth with the camera on its side; the HEIC files are tiled, as
phones make them. Each way is run with few and with many photos, in turn with the others, and the best of three runs
counts each time; the difference is the time per photo, without the start-up. *iqsd* is the whole path, including
journal and sidecars. *floor*: libjpeg-turbo's scaled decoding to a quarter of the size (or decoding of the preview,
whose place is known) and the bare `invoke`, nothing else. iqsd itself decodes large JPEGs at half size, for the faults
that show in fine detail. *digiKam's way*: full decoding, InceptionV3 (299) in OpenCV dnn. *idealo's way*: full
decoding, NIMA MobileNet (224) in Keras, batches of 64. No speed is given where start-up times differ by more than the
photos take.""".splitlines()
_COLOURS = {"iqsd": "#2a7f62", "floor": "#b8b8b8", "digiKam's way": "#c8553d", "idealo's way": "#588bb5"}
_BAR, _GAP, _LABEL, _WIDTH = 16, 18, 270, 520


@dataclass(frozen=True)
class Result:
    """What one photo of a kind costs a contestant: seconds on all cores, seconds of CPU; and its peak memory in MB."""

    name: str
    kind: str
    wall: float
    cpu: float
    memory: float

    @property
    def speed(self) -> str:
        """Photos per second; not given where a run of few photos took no less time than one of more."""
        return f"{1 / self.wall:.1f}" if self.wall > 0 else "not given"


@dataclass(frozen=True)
class Daemon:
    """The daemon's figures: seconds until it is ready, latencies, idle cost."""

    ready: float
    plain: Latency
    preview: Latency
    idle: Idle


def page(results: list[Result], starts: dict[str, float], daemon: Daemon | None, command: str, jobs: int) -> str:
    """RESULTS.md."""
    day = datetime.datetime.now(datetime.timezone.utc).date()
    return "\n".join(
        [
            "# Benchmark",
            "",
            f"`{command}`, {day}, {jobs} jobs on {processor()}, Python {platform.python_version()}.",
            "",
            *_NOTES,
            "",
            "![Photos per second](RESULTS.svg)",
            "",
            *_table(results),
            "",
            *_starts(starts, daemon),
            *(_daemon(daemon) if daemon else []),
        ]
    )


def _table(results: list[Result]) -> list[str]:
    lines = [
        "| photos | way | photos/s | iqsd is ... as fast | CPU a photo | iqsd's CPU against it | peak memory |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in results:
        us = next(r for r in results if r.kind == one.kind and r.name == US)
        ours = one.name == US
        faster = "" if ours or one.wall <= 0 else f"{one.wall / us.wall:.2f} ×"
        cpu = "" if ours else f"{us.cpu / one.cpu:.2f} ×"
        lines.append(
            f"| {one.kind} | {one.name} | {one.speed} | {faster} | {1000 * one.cpu:.0f} ms | {cpu} | "
            f"{one.memory:.0f} MB |"
        )
    return lines


def _starts(starts: dict[str, float], daemon: Daemon | None) -> list[str]:
    lines = ["| start-up | |", "| --- | ---: |"]
    lines += [f"| {what} | {took:.2f} s |" for what, took in starts.items()]
    if daemon:
        lines.append(f"| `iqsd start`: from nothing to watching | {daemon.ready:.2f} s |")
    return [*lines, ""]


def _daemon(daemon: Daemon) -> list[str]:
    lines = [
        "| file closed to sidecar in place, settling not counted | median | 99 % | worst |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, one in (("24 MP JPEG", daemon.plain), ("24 MP JPEG with preview", daemon.preview)):
        lines.append(f"| {name} ({one.photos} photos) | {one.median:.0f} ms | {one.p99:.0f} ms | {one.worst:.0f} ms |")
    idle = daemon.idle
    text = f"{idle.cpu:.2f} % of one core, {idle.wakeups:.1f} wake-ups per second, {idle.memory:.0f} MB"
    return [*lines, "", f"The daemon while nothing happens, with its workers loaded: {text}.", ""]


def plot(results: list[Result]) -> str:
    """RESULTS.svg: photos per second, one bar each."""
    most = max(1 / one.wall for one in results)
    shapes, y = [], _GAP
    for kind in dict.fromkeys(one.kind for one in results):
        shapes.append(f'<text x="0" y="{y + 12}" font-weight="bold">{kind}</text>')
        for one in (r for r in results if r.kind == kind):
            long = max(1.0, _WIDTH / most / one.wall)
            shapes += [
                f'<text x="{_LABEL - 6}" y="{y + 12}" text-anchor="end">{one.name}</text>',
                f'<rect x="{_LABEL}" y="{y}" width="{long:.1f}" height="{_BAR - 2}" fill="{_COLOURS[one.name]}"/>',
                f'<text x="{_LABEL + long + 4:.1f}" y="{y + 12}">{one.speed}</text>',
            ]
            y += _BAR
        y += _GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LABEL + _WIDTH + 60}" height="{y}" '
    return head + 'font-family="sans-serif" font-size="12">\n' + "\n".join(shapes) + "\n</svg>\n"


def processor() -> str:
    """What this machine calls its processor."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
