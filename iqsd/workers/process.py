"""One worker process: load the model once, then a path in, an Assessment out, until the other side hangs up.

Started as `python -m iqsd.workers.process DESCRIPTOR MODEL`; it answers over that descriptor.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from iqsd.photos.reading import read_pixels
from iqsd.scoring.scorer import Scorer
from iqsd.workers.loop import serve


def main() -> None:
    """Judge photos."""
    serve(_prepare)


def _prepare(model: str) -> Callable[[Path], object]:
    scorer = Scorer(Path(model))
    return lambda path: scorer.assess(read_pixels(path, scorer.wanted))


if __name__ == "__main__":
    main()
