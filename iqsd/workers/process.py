"""The workers that judge: the model is loaded once; paths in, results out, until the other side hangs up.

Started as `python -m iqsd.workers.process DESCRIPTOR`; it answers over that descriptor.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from iqsd.bursts.look import SIDE
from iqsd.photos.opencv import grey
from iqsd.photos.reading import read_photo
from iqsd.scoring.scorer import Scorer
from iqsd.workers.answer import Judged
from iqsd.workers.loop import serve


def _prepare(model: str) -> Callable[[Path], Judged]:
    scorer = Scorer(Path(model))

    def judge(path: Path) -> Judged:
        photo = read_photo(path, scorer.wanted)
        assessment = scorer.assess(photo.pixels, photo.coarseness, photo.profile)
        return Judged(assessment, photo.capture, grey(photo.pixels, SIDE, SIDE))

    return judge


if __name__ == "__main__":
    serve(_prepare)
