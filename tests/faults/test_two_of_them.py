"""Two instances of iqsd, unaware of each other, on one folder."""

import time
from pathlib import Path

from tests.conftest import Iqsd, copy_photos, digest, wait_for
from tests.faults.watched import Watched


def test_with_different_settings_they_do_not_overwrite_each_other_forever(iqsd: Iqsd, tmp_path: Path) -> None:
    another = Iqsd(tmp_path / "another")
    photos = copy_photos(iqsd.pictures, 3)
    strict = "[watch]\nsettle_seconds = 0.3\n[rating]\naccept_from = 99\n"
    try:
        for watched in (Watched(iqsd), Watched(another, strict, [iqsd.pictures])):
            watched.start()
            watched.all_rated(photos)

        def are_calm() -> bool:
            before = digest(iqsd.pictures)
            time.sleep(5)
            return digest(iqsd.pictures) == before

        wait_for(are_calm, 40)
    finally:
        another.end()
