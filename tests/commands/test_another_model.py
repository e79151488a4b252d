"""With another model every photo is judged again, and no figure of the old model is mistaken for the new one's."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from iqsd import sidecars
from tests.commands.test_persons_values import PACKET
from tests.conftest import PHOTOS, Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import children
from tests.report.test_command import report
from tests.tiny_model import METADATA, write_model


@pytest.fixture
def iqsd(iqsd: Iqsd) -> Iqsd:
    use(iqsd, "first", [3, 3, 3])
    return iqsd


def use(iqsd: Iqsd, name: str, weights: list[float]) -> None:
    model = write_model(iqsd.home / f"{name}.tflite", [weights], [1.0], {**METADATA, "name": name})
    iqsd.configure(f'[watch]\nsettle_seconds = 0.3\n[model]\nfile = "{model}"\n')


def rated_by_a_person(iqsd: Iqsd) -> Path:
    """A photo that a person rated after iqsd had, among others."""
    photo = copy_photos(iqsd.pictures, 4)[0]
    iqsd.rescan()
    sidecar(photo).write_text(PACKET.format(values='xmp:Rating="5" digiKam:PickLabel="3"'))
    iqsd.rescan()
    return photo


def score_in_the_report(iqsd: Iqsd, photo: Path) -> float:
    (score,) = (row["score"] for row in report(iqsd)["rows"] if row["path"] == photo.name)
    return float(score)


def test_all_photos_are_rated_anew(iqsd: Iqsd) -> None:
    photos = copy_photos(iqsd.pictures, 4)
    iqsd.rescan()
    use(iqsd, "second", [-1, -1, -1])
    iqsd.rescan()
    assert {model_of(photo) for photo in photos} == {"second/1"}
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}


def test_the_report_shows_the_new_models_score_of_a_photo_that_a_person_rated(iqsd: Iqsd) -> None:
    photo = rated_by_a_person(iqsd)
    first = score_in_the_report(iqsd, photo)
    use(iqsd, "second", [-1, -1, -1])
    said = json.loads(iqsd.run("score", "--json", photo).stdout)["score"]
    assert score_in_the_report(iqsd, photo) == said != first


def test_thresholds_are_not_computed_from_the_previous_models_scores(iqsd: Iqsd) -> None:
    photo = rated_by_a_person(iqsd)
    assert json.loads(iqsd.run("calibrate", iqsd.pictures, "--json").stdout)["photos"] == 4
    use(iqsd, "second", [-1, -1, -1])
    assert json.loads(iqsd.run("calibrate", iqsd.pictures, "--json").stdout)["photos"] == 3
    shutil.copy(PHOTOS[-1], photo)
    use(iqsd, "first", [3, 3, 3])
    assert json.loads(iqsd.run("calibrate", iqsd.pictures, "--json").stdout)["photos"] == 3


def test_the_daemon_adopts_a_model_that_replaces_another_at_the_same_path(iqsd: Iqsd) -> None:
    early, late = (shutil.copy(photo, iqsd.home) for photo in PHOTOS[:2])
    process = iqsd.watch()
    photos = [Path(shutil.copy(early, iqsd.pictures))]
    wait_for(lambda: sidecar(photos[0]).exists())
    write_model(iqsd.home / "first.tflite", [[-1, -1, -1]], [1.0], {**METADATA, "name": "second"})
    for nursery in children(process.pid):
        os.kill(nursery, signal.SIGKILL)  # as after an idle minute
    photos.append(Path(shutil.copy(late, iqsd.pictures)))
    wait_for(lambda: {model_of(photo) for photo in photos} == {"second/1"})
    assert "restarting with that model" in iqsd.log.read_text()


def test_the_daemon_adopts_it_with_the_settings_it_has_if_config_toml_is_wrong_by_now(iqsd: Iqsd) -> None:
    process = iqsd.watch()
    iqsd.configure("[watch]\nsettle_seconds = 'soon'\n")
    write_model(iqsd.home / "first.tflite", [[-1, -1, -1]], [1.0], {**METADATA, "name": "second"})
    for nursery in children(process.pid):
        os.kill(nursery, signal.SIGKILL)
    (photo,) = copy_photos(iqsd.pictures, 1)
    wait_for(lambda: model_of(photo) == "second/1")
    assert "the old ones stay" in iqsd.log.read_text()


def test_the_daemon_ends_if_the_settings_do_not_fit_the_new_model(iqsd: Iqsd) -> None:
    iqsd.configure(iqsd.config.read_text() + "[rating]\nreject_below = 55\n")
    process = iqsd.watch()
    (nursery,) = children(process.pid)
    milder = {**METADATA, "name": "second", "thresholds": {**METADATA["thresholds"], "accept_from": 50}}
    write_model(iqsd.home / "first.tflite", [[-1, -1, -1]], [1.0], milder)
    os.kill(nursery, signal.SIGKILL)
    (photo,) = copy_photos(iqsd.pictures, 1)
    process.communicate(timeout=40)
    assert process.returncode == 3
    assert "rating.reject_below (55) is above rating.accept_from (50)" in iqsd.log.read_text()
    assert not sidecar(photo).exists()


def model_of(photo: Path) -> str | None:
    record = sidecars.read(photo).record
    return None if record is None else record.model
