"""One worker process: a photo's path in, its heat map out, until the other side hangs up.

Started as `python -m iqsd.explaining.drawing DESCRIPTOR`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from iqsd.explaining.heatmap import MADE_BY, HeatMap
from iqsd.explaining.occlusion import occlude
from iqsd.explaining.picture import LONG_EDGE, draw
from iqsd.photos.formats import Pixels
from iqsd.photos.pillow import encode_png
from iqsd.photos.reading import read_photo, read_pixels
from iqsd.scoring import exposure
from iqsd.scoring.fitting import fit
from iqsd.scoring.scorer import Scorer, assessment
from iqsd.workers.loop import serve


def _prepare(model: str) -> Callable[[Path], HeatMap]:
    scorer = Scorer(Path(model))
    metadata = scorer.metadata

    def make(path: Path) -> HeatMap:
        photo = read_photo(path, scorer.wanted)  # as it was read for its score
        judged = photo.pixels
        exposed, fine = exposure.faults(judged), scorer.fine(judged, photo.coarseness)

        def score(canvas: Pixels) -> float:
            return assessment(metadata, scorer.network.run(canvas), exposed, fine).score

        found = occlude(fit(judged, metadata.input, photo.profile), score)
        picture = draw(read_pixels(path, (LONG_EDGE, LONG_EDGE)), metadata.input, found, metadata.name)
        return HeatMap(encode_png(picture, MADE_BY), found.lowers, found.raises)

    return make


if __name__ == "__main__":
    serve(_prepare)
