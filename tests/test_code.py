"""The code's own rules: ruff, its formatter and mypy --strict find nothing."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

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


@cache
def imported(file: Path) -> frozenset[str]:
    """Every module that a file imports, every package it is in, and every name that is taken out of one."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(".".join(name.split(".")[:end]) for name in names for end in range(1, name.count(".") + 2))


def users(module: str) -> set[str]:
    """The files of iqsd that import it."""
    return {str(file.relative_to(ROOT)) for file in (ROOT / "iqsd").rglob("*.py") if module in imported(file)}


def test_the_walls_between_the_rooms_hold() -> None:
    forbidden = {
        "scoring/": ["iqsd.sidecars", "iqsd.journal", "iqsd.watching"],
        "sidecars/": ["iqsd.photos", "iqsd.scoring.scorer", "iqsd.scoring.interpreter", "cv2", "numpy"],
        "verdict.py": ["os", "pathlib", "iqsd.paths", "iqsd.photos", "iqsd.sidecars", "iqsd.journal"],
        "watching/": ["iqsd.scoring", "iqsd.verdict", "iqsd.sidecars"],
        "containers/": ["iqsd.sidecars", "iqsd.photos", "numpy"],
        "photos/": ["iqsd.sidecars"],  # nor do the workers, which would start more slowly and be larger
        "": ["training"],
    }
    assert not [
        f"{user} imports {name}"
        for room, names in forbidden.items()
        for name in names
        for user in users(name)
        if user.startswith(f"iqsd/{room}")
    ]
    assert {user for user in users("iqsd.cli") if not user.startswith("iqsd/cli/")} == {"iqsd/__main__.py"}


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
    assert users(library) == {adapter}


def test_the_process_that_walks_folders_and_writes_sidecars_does_without_numpy_and_the_decoders() -> None:
    script = "import sys, iqsd.cli; print(*sorted({'numpy', 'cv2', 'PIL', 'rawpy', 'pi_heif'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
