"""`iqsd explain`: why photos got their verdicts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from iqsd import settings
from iqsd.assembly import jobs_of, model_of, policy_of
from iqsd.cli.common import ConfigOption, JobsOption, JsonOption
from iqsd.errors import ExitCode, JournalError, UnreadablePhotoError, printable
from iqsd.explaining.explanation import Explainer, Explanation
from iqsd.explaining.heatmap import HEAT_MAP, TIMES, HeatMap
from iqsd.journal import IN_MEMORY, Journal
from iqsd.paths import is_gone
from iqsd.settings import Settings
from iqsd.views.lines import dump, error_object
from iqsd.workers.answer import Answer, Judged
from iqsd.workers.pool import Crew, Pool


def explain(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", readable=False, help="Photos to explain.")],
    heatmap: Annotated[
        Path | None,
        typer.Option(
            "--heatmap",
            metavar="PNG",
            readable=False,
            help="Draw into this file how covering each part changes the score (one photo only).",
        ),
    ] = None,
    as_json: JsonOption = False,
    jobs: JobsOption = None,
    config: ConfigOption = None,
) -> None:
    """Explain why photos got their verdicts; rate nothing.

    Shows figures, faults, margins, and what a person set. A photo that the journal knows and that has not changed is
    not judged again.
    """
    from iqsd.views import explanation as view  # loads rich, which the daemon does not need
    from iqsd.views.console import stdout

    current = settings.load(config, jobs)
    if heatmap is not None and len(files) != 1:
        raise typer.BadParameter("takes one photo at a time", param_hint="--heatmap")
    if heatmap is not None:
        HEAT_MAP.check(heatmap)
    failed, source = False, files[0]
    console = stdout()
    with _journal() as journal:
        for number, (path, found) in enumerate(_explained(files, current, journal)):
            if not isinstance(found, Explanation):
                failed = True
                typer.echo(f"iqsd: {found}", err=True)
                if as_json:
                    typer.echo(dump(error_object(path, found)))
                continue
            source = found.source
            if as_json:
                typer.echo(dump(view.as_object(found)))
            else:
                if number:
                    console.print()
                view.show(found, console)
    if heatmap is not None and not failed:
        typer.echo(_draw(source, heatmap, current), err=as_json)
    raise typer.Exit(ExitCode.SOME_FAILED if failed else ExitCode.OK)


def _explained(
    files: list[Path], current: Settings, journal: Journal
) -> Iterator[tuple[Path, Explanation | UnreadablePhotoError]]:
    """Each file once, in order."""
    model, policy = policy_of(current)
    explainer = Explainer(model_of(current)[1], policy, journal)
    sources = {path: explainer.source(path) for path in files}
    known = {source: found for source in sources.values() if (found := explainer.known(source)) is not None}
    answers: dict[Path, Answer] = {}
    with Pool(model, jobs_of(current)) as pool:
        judged = pool.map(source for source in sources.values() if source not in known)
        for path, source in sources.items():
            if source in known:
                yield path, explainer.explain(path, source, *known[source], is_known=True)
                continue
            if source not in answers:
                answers[source] = next(judged)[1]
            answer = answers[source]
            if not isinstance(answer, Judged) and source != path:  # the other half is damaged
                with Pool(model, jobs=1) as another:
                    source, answer = next(another.map([path]))
            if isinstance(answer, Judged):
                yield path, explainer.explain(path, source, answer.assessment, answer.capture, is_known=False)
            else:
                yield path, answer


@contextlib.contextmanager
def _journal() -> Iterator[Journal]:
    """The journal, if there is a usable one; without it, an explanation lacks only the place in the folder."""
    file = settings.journal_file()
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(Journal(IN_MEMORY))
        if not is_gone(file):
            try:
                journal = stack.enter_context(Journal(file, patience_seconds=2))
            except JournalError as error:
                typer.echo(f"iqsd: {error}", err=True)
        yield journal


def _draw(photo: Path, target: Path, current: Settings) -> str:
    """Make the heat map; returns what it shows, in a sentence."""
    model, _ = model_of(current)
    with Crew[HeatMap]("iqsd.explaining.drawing", str(model), jobs=1, times=TIMES) as crew:
        _, made = next(crew.map([photo]))
    if isinstance(made, UnreadablePhotoError):
        raise made
    HEAT_MAP.put(target, [made.png])
    effect = f"covering one part lowers the score by up to {made.lowers:.1f} and raises it by up to {made.raises:.1f}"
    return f"Wrote {printable(target)}: {effect}. It shows how the score responds, not what the model looks at."
