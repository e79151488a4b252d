"""Makes the README's picture, with the real digiKam: `python -m tests.interop.screenshot`.

Besides digiKam it needs ImageMagick's `import` and, for the icons, Debian's breeze-icon-theme and kde-style-breeze.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from iqsd import digikam
from tests.conftest import PHOTOS, ROOT
from tests.interop.programs.digikam import Digikam

PICTURE = ROOT / "docs" / "pictures" / "digikam.png"
WIDTH, HEIGHT = 1180, 640
SPOILT = {  # by name: the original photo, brightness, blur
    "coffee-burnt.jpg": ("coffee.jpg", 4.0, 0.0),
    "dune-too-dark.jpg": ("dune.jpg", 0.07, 0.0),
    "ladybird-shaken.jpg": ("ladybird.jpg", 1.0, 12.0),
}
HIDDEN = ("Date", "Modification Date", "Resolution", "Size", "Image Format", "Title", "Comments")
LOOKS = "[Album Settings]\nDefault Icon Size=112\n" + "".join(f"Icon Show {what}=false\n" for what in HIDDEN)


def main() -> None:
    """Rate good and spoilt photos with iqsd, set digiKam up with iqsd, and take a picture of its window."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        pictures = home / "Pictures"
        make_photos(pictures)
        environment = {**os.environ, "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        subprocess.run([sys.executable, "-m", "iqsd", "rescan", pictures], env=environment, cwd=ROOT, check=True)
        program = Digikam(home / "digikam", pictures)
        program.configure({})
        program.rc.write_text(program.rc.read_text().replace("[Album Settings]\n", LOOKS))
        digikam.setup(digikam.Config(program.rc, "digiKam"))
        (program.rc.parent / "kdeglobals").write_text("[Icons]\nTheme=breeze\n[KDE]\nwidgetStyle=Breeze\n")
        take(program)


def make_photos(folder: Path) -> None:
    """The test photos and three spoilt copies."""
    folder.mkdir()
    for photo in PHOTOS:
        shutil.copy(photo, folder)
    for name, (source, brightness, blur) in SPOILT.items():
        picture = cv2.imread(str(folder / source))
        assert picture is not None
        lit = np.clip(picture.astype(np.float32) * brightness, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / name), cv2.GaussianBlur(lit, (0, 0), blur) if blur else lit)


def take(program: Digikam) -> None:
    """Open it, show the photos, and put a picture of its window where the README looks for it."""
    desktop = {"XDG_CURRENT_DESKTOP": "KDE", "KDE_FULL_SESSION": "true", "XDG_DATA_DIRS": "/usr/share"}
    with program.open(desktop) as window:
        window.show_photos(WIDTH, HEIGHT)
        time.sleep(4)  # the thumbnails are drawn
        PICTURE.parent.mkdir(exist_ok=True)
        area = ["-crop", f"{WIDTH}x{HEIGHT}+0+0", "+repage"]
        command = ["import", "-window", "root", *area, "-quality", "95", str(PICTURE)]
        subprocess.run(command, env=window.environment, check=True)


if __name__ == "__main__":
    main()
