"""The benchmark: `python -m benchmarks.run [--tensorflow PYTHON]`, in a checkout, with the test extra installed.

Everybody judges the same made photos in the same run; the result goes to benchmarks/RESULTS.md and RESULTS.svg.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import report
from benchmarks.camera import KINDS, make
from benchmarks.contestants import Contestant, contestants
from benchmarks.latency import daemon, idle, latency
from benchmarks.measure import HERE, Run, fresh_home, run
from benchmarks.report import Daemon, Result
from benchmarks.sections import ARCHIVES, section, with_section

_ROUNDS = 3
_MORE_PREVIEWS = 4  # at 15 ms a photo, 40 photos are too few to measure


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # bytecode is compiled once, as with what a user has installed
    arguments = _arguments()
    work = Path(arguments.work) if arguments.work else Path(tempfile.mkdtemp(prefix="iqsd-benchmark-"))
    work.mkdir(parents=True, exist_ok=True)
    output = Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    if arguments.tensorflow and not (work / "inceptionv3.tflite").exists():
        print("making InceptionV3 ...", flush=True)
        make_model = [arguments.tensorflow, str(HERE / "digikam_way.py"), str(work / "inceptionv3.tflite")]
        subprocess.run(make_model, check=True, capture_output=True)
    everybody = contestants(arguments.jobs, Path(arguments.tensorflow) if arguments.tensorflow else None, work)
    results = list(_compare(everybody, work, arguments.photos, arguments.kinds))
    starts = {f"{one.name}: from nothing to the verdict on one small photo": _start_up(one, work) for one in everybody}
    if arguments.tensorflow:
        starts["`import tensorflow` alone"] = min(_import_tensorflow(arguments.tensorflow) for _ in range(2))
    watching = None if arguments.no_daemon else _watch(work, arguments.photos)
    command = "python -m benchmarks.run " + shlex.join(sys.argv[1:])
    page = report.page(results, starts, watching, command.strip(), arguments.jobs)
    file = output / "RESULTS.md"
    archives = section(file.read_text("utf-8"), ARCHIVES) if file.exists() else ""
    file.write_text(with_section(page, ARCHIVES, archives), "utf-8")
    output.joinpath("RESULTS.svg").write_text(report.plot(results), "utf-8")
    print(page)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tensorflow", metavar="PYTHON", help="a Python with benchmarks/requirements.txt, for the peers"
    )
    parser.add_argument("--photos", type=int, default=40, help="photos of each kind (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="default: one a core")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    parser.add_argument("--no-daemon", action="store_true", help="leave out latency and idle cost")
    parser.add_argument("--work", help="folder for the photos, to use them again (default: a temporary one)")
    parser.add_argument("--output", default=HERE, help="folder where RESULTS.md goes (default: beside this file)")
    return parser.parse_args()


def _compare(everybody: list[Contestant], work: Path, count: int, kinds: list[str]) -> Iterator[Result]:
    """Measure each contestant with few and with many photos: the difference is free of the time for starting."""
    for kind in kinds:
        total = count * (_MORE_PREVIEWS if "JPEG with preview" in kind else 1)
        print(f"{kind}: making {total} photos ...", flush=True)
        photos = make(work / "photos", kind, total)
        here = [one for one in everybody if one.reads(photos[0].suffix)]
        many = {one.name: photos if one.uses_previews else photos[:count] for one in here}
        few = {name: mine[: max(2, len(mine) // 8)] for name, mine in many.items()}
        # In turns, so that whatever else the machine does affects all alike.
        runs = [(one, _judge(one, few[one.name], work), _judge(one, many[one.name], work)) for one in here * _ROUNDS]
        for one in here:
            short, long = (_best(run[at] for run in runs if run[0] is one) for at in (1, 2))
            more = len(many[one.name]) - len(few[one.name])
            result = Result(one.name, kind, (long.wall - short.wall) / more, (long.cpu - short.cpu) / more, long.memory)
            took = f"photos/s: {result.speed}, {1000 * result.cpu:.0f} ms CPU, {result.memory:.0f} MB"
            print(f"  {one.name}: {took}", flush=True)
            yield result


def _best(runs: Iterable[Run]) -> Run:
    """The fastest run by CPU: other programs can only make a run slower."""
    return min(runs, key=lambda run: run.cpu)


def _judge(one: Contestant, photos: list[Path], work: Path) -> Run:
    with _fresh(photos, work) as (folder, environment):
        return run(one.command(folder, [str(folder / photo.name) for photo in photos]), environment)


def _start_up(one: Contestant, work: Path) -> float:
    """Seconds from nothing to the verdict on one small photo, with files cached."""
    coffee = HERE.parent / "tests" / "photos" / "coffee.jpg"
    return _best(_judge(one, [coffee], work) for _ in range(_ROUNDS)).wall


def _import_tensorflow(python: str) -> float:
    return run([python, "-c", "import tensorflow"], {"TF_CPP_MIN_LOG_LEVEL": "3"}).wall


@contextmanager
def _fresh(photos: list[Path], work: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with these photos and nothing else, named by their kind, and an iqsd that knows nothing yet."""
    with tempfile.TemporaryDirectory(dir=work) as home:
        folder = Path(home) / photos[0].parent.name
        folder.mkdir()
        for photo in photos:
            try:
                os.link(photo, folder / photo.name)
            except OSError:  # another file system
                (folder / photo.name).write_bytes(photo.read_bytes())
        yield folder, fresh_home(Path(home))


def _watch(work: Path, count: int) -> Daemon:
    print("the daemon ...", flush=True)
    plain, preview = (make(work / "photos", kind, count) for kind in ("24 MP JPEG", "24 MP JPEG with preview"))
    with (
        tempfile.TemporaryDirectory(dir=work) as home,
        daemon(Path(home) / "home", fresh_home(Path(home))) as (process, pictures, ready),
    ):
        (pictures / "plain").mkdir()
        (pictures / "preview").mkdir()
        told = latency(pictures / "plain", plain), latency(pictures / "preview", preview)
        return Daemon(ready, *told, idle(process))


if __name__ == "__main__":
    main()
