"""The code's own rules: ruff, its formatter and mypy --strict find nothing."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

ROOMS = ["iqsd", "tests", "training", "benchmarks"]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", *ROOMS],
        ["ruff", "format", "--check", *ROOMS],
        ["mypy"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_finds_nothing(command: list[str]) -> None:
    rooms = [word for word in command if word not in ROOMS or (ROOT / word).is_dir()]
    done = subprocess.run([sys.executable, "-m", *rooms], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_walls_between_the_rooms_hold() -> None:
    forbidden = {
        "scoring": ["iqsd.sidecars", "iqsd.journal", "iqsd.watching"],
        "sidecars": ["iqsd.photos", "iqsd.scoring.scorer", "iqsd.scoring.interpreter", "cv2", "numpy"],
        "watching": ["iqsd.scoring", "iqsd.verdict", "iqsd.sidecars"],
        "containers": ["iqsd.sidecars", "iqsd.photos", "numpy"],
        "photos": ["iqsd.sidecars"],  # nor do the workers, which would start more slowly and be larger
        "": ["training"],
    }
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for room, names in forbidden.items()
        for file in (ROOT / "iqsd" / room).rglob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if line.lstrip().startswith(("import ", "from "))
        for name in names
        if line.split()[1] == name or line.split()[1].startswith(f"{name}.")
    ]
    assert found == []


@pytest.mark.parametrize(
    ("library", "adapter"),
    [
        ("pyexiv2", "iqsd/sidecars/exiv2.py"),
        ("ai_edge_litert", "iqsd/scoring/interpreter.py"),
        ("cv2", "iqsd/photos/opencv.py"),
        ("pi_heif", "iqsd/photos/heif.py"),
        ("rawpy", "iqsd/photos/raw.py"),
        ("PIL", "iqsd/photos/pillow.py"),
        ("watchdog", "iqsd/watching/events.py"),
        ("distributed", "iqsd/cluster/dask_pool.py"),
    ],
)
def test_every_outside_library_has_one_adapter(library: str, adapter: str) -> None:
    users = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "iqsd").rglob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if line.lstrip().startswith((f"import {library}", f"from {library}"))
    }
    assert users == {adapter}


def test_the_process_that_walks_folders_and_writes_sidecars_does_without_numpy_and_the_decoders() -> None:
    script = "import sys, iqsd.cli; print(*sorted({'numpy', 'cv2', 'PIL', 'rawpy', 'pi_heif'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
