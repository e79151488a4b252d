"""`iqsd score`: what the model says, and nothing written."""

import json
import math
import subprocess
import sys
from pathlib import Path

from tests.conftest import PHOTOS, Iqsd, digest


def test_each_photo_is_one_json_object_with_the_documented_fields_in_the_order_given(iqsd: Iqsd) -> None:
    files = list(reversed(PHOTOS))
    done = iqsd.run("score", *files, "--json")
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["path"] for line in lines] == [str(file) for file in files]
    for line in lines:
        assert set(line) == {
            "path", "score", "aesthetic", "quality", "faults", "rating", "pick_label", "reasons", "model",
        }  # fmt: skip
        assert 0 <= line["score"] <= 100
        assert 1 <= line["aesthetic"] <= 10
        assert 1 <= line["quality"] <= 5
        assert all(0 <= value <= 1 for value in line["faults"].values())
        assert line["pick_label"] in ("rejected", "pending", "accepted")


def test_a_module_in_the_current_folder_is_never_imported(iqsd: Iqsd) -> None:
    for name in ("numpy.py", "cv2.py", "iqsd.py"):
        (iqsd.home / name).write_text("raise SystemExit('somebody else')")
    script = Path(sys.executable).with_name("iqsd")
    done = subprocess.run(
        [script, "score", PHOTOS[0]], cwd=iqsd.home, env=iqsd.environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_embedding_is_a_unit_vector_on_request(iqsd: Iqsd) -> None:
    done = iqsd.run("score", PHOTOS[0], "--json", "--embedding")
    vector = json.loads(done.stdout)["embedding"]
    assert 64 <= len(vector) <= 256
    assert math.isclose(math.hypot(*vector), 1, abs_tol=1e-3)


def test_a_file_that_is_not_a_photo_is_an_error_and_the_others_are_scored(iqsd: Iqsd) -> None:
    text = iqsd.home / "text.jpg"
    text.write_text("this is no photo")
    done = iqsd.run("score", text, PHOTOS[0], iqsd.home / "nowhere.jpg", "--json")
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["error" in line for line in lines] == [True, False, True]
    assert "contains no JPEG picture" in lines[0]["error"]
    assert len(done.stderr.splitlines()) == 2


def test_the_table_is_for_people(iqsd: Iqsd) -> None:
    done = iqsd.run("score", *PHOTOS[:2])
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["score", "stars", "label", "photo"]
    assert len(rows) == 2


def test_nothing_is_written(iqsd: Iqsd, tmp_path: Path) -> None:
    before = digest(tmp_path)
    iqsd.run("score", *PHOTOS[:2])
    assert digest(tmp_path) == before
