"""Makes the README's picture of the report, with the real Chromium: `python -m tests.report.screenshot`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.conftest import PHOTOS, ROOT
from tests.report.chromium import browser

PICTURE = ROOT / "docs" / "pictures" / "report.png"
WIDTH, HEIGHT = 1280, 760
FRAMES = {"garden": 4, "ladybird": 5, "storm": 3}  # frames of a burst; the others are single photos
SPOILT = {"coffee": (4.0, 0.0), "dune": (0.06, 0.0), "twowings": (1.0, 9.0)}  # brightness, blur


def main() -> None:
    """Have iqsd rate photos, bursts and misfires and make the report, and take a picture of it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        pictures = home / "A day in the garden"
        shoot(pictures)
        environment = {**os.environ, "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        page = home / "report.html"
        for words in (["rescan", str(pictures)], ["report", str(pictures), "-o", str(page)]):
            subprocess.run([sys.executable, "-m", "iqsd", *words], env=environment, cwd=ROOT, check=True)
        with browser(home) as chromium:
            chromium.open(page, dark=True, width=WIDTH, height=HEIGHT)
            chromium.run(
                "const s = document.getElementById('size'); s.value = 200; s.dispatchEvent(new Event('input'))"
            )
            time.sleep(1)  # the thumbnails are drawn
            chromium.picture(home / "report.png")
        PICTURE.parent.mkdir(exist_ok=True)
        picture = Image.open(home / "report.png").convert("RGB")
        picture.quantize(palette=picture.quantize(256)).save(PICTURE, optimize=True)


def shoot(folder: Path) -> None:
    """Make what a camera might bring home from the test photos, with the times at which they were taken."""
    folder.mkdir()
    minute = 0
    for photo in PHOTOS:
        picture = cv2.imread(str(photo))
        assert picture is not None
        for frame in range(FRAMES.get(photo.stem, 1)):
            minute += frame == 0
            shifted = picture[3 * frame : len(picture) - 24 + 3 * frame, 4 * frame :]
            shaken = cv2.GaussianBlur(shifted, (0, 0), 4) if frame == 2 else shifted
            save(folder / f"{photo.stem}-{frame + 1}.jpg", shaken, f"2026:06:13 10:{minute:02}:0{frame}")
        if photo.stem in SPOILT:
            brightness, blur = SPOILT[photo.stem]
            lit = np.clip(picture.astype(np.float32) * brightness, 0, 255).astype(np.uint8)
            misfire = cv2.GaussianBlur(lit, (0, 0), blur) if blur else lit
            save(folder / f"{photo.stem}-misfire.jpg", misfire, f"2026:06:13 11:{minute:02}:00")


def save(file: Path, picture: cv2.typing.MatLike, taken: str) -> None:
    """Save a JPEG with the time at which it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).save(file, quality=92, exif=exif)


if __name__ == "__main__":
    main()
