"""`iqsd models`: list them, check one, use one; other people's models work by metadata alone."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from iqsd.models import shipped_model
from tests.conftest import Iqsd, copy_photos
from tests.tiny_model import METADATA, write_model

NIMA = METADATA | {
    "name": "nima",
    "outputs": [
        {"tensor": 0, "name": "aesthetic", "kind": "distribution", "scale": list(range(1, 11)), "activation": "softmax"}
    ],
}
DIGIKAM = METADATA | {
    "name": "aesthetic-detector",
    "input": METADATA["input"] | {"mean": [127.5] * 3, "std": [127.5] * 3, "resize": "nearest"},
    "outputs": [
        {
            "tensor": 0,
            "name": "class",
            "kind": "classes",
            "labels": ["rejected", "pending", "accepted"],
            "activation": "softmax",
        }
    ],
    "score": {"weights": {"class": 1}},
}
MODELS = [("nima", [[0, 0, 0]] * 9 + [[9, 0, 0]], NIMA), ("digikam", [[-9, 0, 0], [0, 0, 0], [9, 0, 0]], DIGIKAM)]


@pytest.fixture
def folder(iqsd: Iqsd) -> Path:
    made = iqsd.home / ".local" / "share" / "iqsd" / "models"
    made.mkdir(parents=True)
    return made


def write(folder: Path, name: str, metadata: dict[str, Any] = METADATA) -> Path:
    return write_model(folder / f"{name}.tflite", [[4, 3, 2]], [1], metadata)


def in_use(iqsd: Iqsd) -> str:
    (line,) = [line for line in iqsd.run("models", "list").stdout.splitlines() if line.startswith("*")]
    return line.split()[1]


def test_list_names_the_shipped_model_those_in_the_users_folder_and_the_configured_one(
    iqsd: Iqsd, folder: Path
) -> None:
    write(folder, "mine", METADATA | {"name": "mine"})
    elsewhere = write(iqsd.home, "elsewhere")
    (folder / "bare.tflite").write_bytes(b"no model")
    iqsd.configure(f'[model]\nfile = "{elsewhere}"\n')
    done = iqsd.run("models", "list")
    assert done.returncode == 0
    shipped, bare, mine, other = done.stdout.splitlines()
    assert "comes with iqsd" in shipped
    assert "aesthetic, quality, faults, embedding" in shipped
    assert "bare" in bare
    assert "bare.json: the metadata of bare.tflite is missing" in bare
    assert f"mine/1 {'0.0 MB':>26}  16x16  aesthetic  ({folder}/mine.tflite)" in mine
    assert other.startswith("* tiny/1")


def test_check_says_what_goes_in_what_comes_out_and_what_it_makes_of_plain_frames_and_photos(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    done = iqsd.run("models", "check", "iqsd", photo)
    assert (done.returncode, done.stderr) == (0, "")
    assert "uint8 1x384x384x3" in done.stdout
    assert "quality: distribution over 5 values, 1 to 5, softmax" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    labels = {row[0]: row[3] for row in rows[rows.index([]) + 2 :]}
    assert set(labels) == {"black", "grey", "white", photo.name}
    assert {labels[name] for name in ("black", "grey", "white")} == {"rejected"}


@pytest.mark.parametrize(("name", "weights", "metadata"), MODELS)
@pytest.mark.parametrize("quantized", [False, True], ids=["float", "int8"])
def test_other_peoples_models_are_checked_used_and_rate_photos(
    iqsd: Iqsd, folder: Path, name: str, weights: list[list[float]], metadata: dict[str, Any], quantized: bool
) -> None:
    photos = copy_photos(iqsd.pictures, 1)
    write_model(folder / f"{name}.tflite", weights, [0] * len(weights), metadata, quantized)
    assert iqsd.run("models", "check", name, *photos).returncode == 0
    done = iqsd.run("models", "use", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert in_use(iqsd) == f"{metadata['name']}/1"
    (line,) = iqsd.rescan()
    assert line["model"] == f"{metadata['name']}/1"
    assert line["status"] == "rated"


def test_the_shares_of_classes_are_shown(iqsd: Iqsd) -> None:
    name, weights, metadata = MODELS[1]
    path = write_model(iqsd.home / f"{name}.tflite", weights, [0] * 3, metadata)
    done = iqsd.run("models", "check", path)
    assert "class: rejected 100%, pending 0%, accepted 0%" in done.stdout
    assert "class: rejected 0%, pending 0%, accepted 100%" in done.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outputs": [NIMA["outputs"][0] | {"activation": "none"}]}, "should its activation be softmax?"),
        ({"outputs": [METADATA["outputs"][0] | {"scale": [1, 1.5]}]}, "far beyond its scale of 1 to 1.5"),
    ],
)
def test_metadata_that_seem_wrong_are_reported_and_not_used(iqsd: Iqsd, change: dict[str, Any], words: str) -> None:
    size = len(change["outputs"][0]["scale"]) if change["outputs"][0]["kind"] == "distribution" else 1
    path = write_model(iqsd.home / "m.tflite", [[4, 3, 2]] * size, [1] * size, METADATA | change)
    before = iqsd.config.read_bytes()
    done = iqsd.run("models", "check", path)
    assert done.returncode == 1
    assert words in done.stderr
    done = iqsd.run("models", "use", path)
    assert done.returncode == 4
    assert words in done.stderr
    assert iqsd.config.read_bytes() == before


def test_probabilities_to_which_softmax_would_be_applied_again_are_reported(iqsd: Iqsd) -> None:
    # Constant outputs, so the values sum to one whatever is shown.
    metadata = METADATA | {"outputs": [NIMA["outputs"][0]]}
    path = write_model(iqsd.home / "m.tflite", [[0, 0, 0]] * 10, [0.1] * 10, metadata)
    done = iqsd.run("models", "check", path)
    assert done.returncode == 1
    assert "its activation should be none" in done.stderr


CONFIG = """# My settings
[rating]   # stricter than most
reject_below = 12.5

[model]
# the old one
file = "/old/model.tflite"  # from a friend

[run]
jobs = 1
"""


def test_use_changes_one_value_and_keeps_comments_and_all_else(iqsd: Iqsd, folder: Path) -> None:
    old, mine = write(iqsd.home, "old"), write(folder, "mine")
    text = CONFIG.replace("/old/model.tflite", str(old))
    iqsd.configure(text)
    assert iqsd.run("models", "use", "mine").returncode == 0
    assert iqsd.config.read_text() == text.replace(str(old), str(mine))
    assert iqsd.run("models", "use", "iqsd").returncode == 0
    left = tomlkit.parse(iqsd.config.read_text())
    assert left == {"rating": {"reject_below": 12.5}, "model": {}, "run": {"jobs": 1}}
    for comment in ("# My settings", "# stricter than most", "# the old one"):
        assert comment in iqsd.config.read_text()


def test_use_without_a_config_file_writes_one_with_every_setting(iqsd: Iqsd, folder: Path) -> None:
    iqsd.config.unlink()
    mine = write(folder, "mine")
    assert iqsd.run("models", "use", "tiny").returncode == 0
    text = iqsd.config.read_text()
    assert tomlkit.parse(text)["model"] == {"file": str(mine)}
    assert "# settle_seconds = " in text


def test_use_makes_the_folder_of_the_config_file(iqsd: Iqsd, folder: Path) -> None:
    shutil.rmtree(iqsd.home / "config")
    mine = write(folder, "mine")
    assert iqsd.run("models", "use", "tiny").returncode == 0
    assert tomlkit.parse(iqsd.config.read_text())["model"] == {"file": str(mine)}


def test_use_writes_to_the_named_file_and_writes_nothing_a_second_time(iqsd: Iqsd, folder: Path) -> None:
    mine, named, before = write(folder, "mine"), iqsd.home / "named.toml", iqsd.config.read_bytes()
    named.write_text("# mine\n")
    assert iqsd.run("models", "use", "mine", "--config", named).returncode == 0
    assert tomlkit.parse(named.read_text()) == {"model": {"file": str(mine)}}
    assert iqsd.config.read_bytes() == before
    written = named.stat()
    assert iqsd.run("models", "use", "mine", "--config", named).returncode == 0
    assert (named.stat().st_ino, named.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_use_adds_a_missing_section_and_follows_a_link(iqsd: Iqsd, folder: Path) -> None:
    dotfiles = iqsd.home / "dotfiles.toml"
    iqsd.config.rename(dotfiles)
    iqsd.config.symlink_to(dotfiles)
    mine = write(folder, "mine")
    assert iqsd.run("models", "use", "mine").returncode == 0
    assert iqsd.config.is_symlink()
    assert tomlkit.parse(dotfiles.read_text()) == {"watch": {"settle_seconds": 0.3}, "model": {"file": str(mine)}}


def test_thresholds_in_the_settings_that_do_not_fit_the_model_are_reported_and_nothing_is_changed(
    iqsd: Iqsd, folder: Path
) -> None:
    write(folder, "mine")
    iqsd.configure("[rating]\nreject_below = 90\naccept_from = 95\n")
    done = iqsd.run("models", "use", "mine")
    assert done.returncode == 0
    assert "The thresholds set there still apply" in done.stdout
    iqsd.configure("[rating]\nreject_below = 90\n")
    done = iqsd.run("models", "use", "mine")
    assert done.returncode == 3
    assert "rating.reject_below (90) is above rating.accept_from (60)" in done.stderr
    assert "model" not in iqsd.config.read_text()


def test_the_metadata_of_a_linked_model_are_beside_the_link(iqsd: Iqsd, folder: Path) -> None:
    (iqsd.home / "store").mkdir()
    for suffix in (".tflite", ".json"):
        stored = iqsd.home / "store" / f"{suffix[1:]}-4f2a"
        write(iqsd.home, "linked").with_suffix(suffix).rename(stored)
        (folder / f"linked{suffix}").symlink_to(stored)
    assert iqsd.run("models", "use", "linked").returncode == 0
    (line,) = [line for line in iqsd.run("models", "list").stdout.splitlines() if line.startswith("*")]
    assert str(folder / "linked.tflite") in line
    assert "cannot be used" not in line


def test_a_link_to_a_model_with_metadata_of_its_own_is_another_model(iqsd: Iqsd, folder: Path) -> None:
    shipped = shipped_model()
    (folder / "strict.tflite").symlink_to(shipped)
    metadata = json.loads(shipped.with_suffix(".json").read_text())
    del metadata["detail"]
    (folder / "strict.json").write_text(json.dumps(metadata | {"name": "strict"}))
    assert iqsd.run("models", "use", "strict").returncode == 0
    assert in_use(iqsd).startswith("strict/")
    assert iqsd.run("models", "use", "iqsd-lite0").returncode == 0
    assert in_use(iqsd).startswith("iqsd-lite0/")


def test_use_keeps_the_byte_order_mark_of_windows_editors(iqsd: Iqsd, folder: Path) -> None:
    mine = write(folder, "mine")
    iqsd.configure("\ufeff[run]\njobs = 1\n")
    assert iqsd.run("models", "use", "mine").returncode == 0
    assert iqsd.config.read_text("utf-8") == f'\ufeff[run]\njobs = 1\n\n[model]\nfile = "{mine}"\n'


def test_photos_with_the_same_name_are_all_shown(iqsd: Iqsd) -> None:
    photos = [copy_photos(iqsd.pictures / place, 1)[0] for place in ("monday", "tuesday")]
    done = iqsd.run("models", "check", "iqsd", *(photo.rename(photo.with_name("grey")) for photo in photos))
    assert done.returncode == 0, done.stderr
    assert len([line for line in done.stdout.splitlines() if line.startswith("grey ")]) == 3


def test_a_circular_link_and_the_home_of_an_unknown_user_are_one_line_each(iqsd: Iqsd, folder: Path) -> None:
    (folder / "circle.tflite").symlink_to(folder / "circle.tflite")
    (folder / "new\nline.tflite").touch()
    done = iqsd.run("models", "list")
    assert (done.returncode, done.stderr) == (0, "")
    _, *others = done.stdout.splitlines()
    assert ["cannot be used" in line for line in others] == [True, True]
    assert "circle" in done.stdout
    for nothing in ("~nobody-at-all/mine.tflite", "/"):
        done = iqsd.run("models", "check", nothing)
        assert done.returncode == 4
        assert "there is no model or file" in done.stderr


def test_a_name_that_no_model_or_two_models_have_is_an_error(iqsd: Iqsd, folder: Path) -> None:
    done = iqsd.run("models", "check", "nobody")
    assert done.returncode == 4
    assert "there is no model or file 'nobody'" in done.stderr
    write(folder, "one")
    write(folder, "two")
    done = iqsd.run("models", "use", "tiny")
    assert done.returncode == 4
    assert "is the name of" in done.stderr
    assert iqsd.run("models", "use", "two").returncode == 0


@pytest.mark.parametrize("command", [("start",), ("config", "check"), ("rescan",), ("models", "check", "bad")])
def test_a_model_that_does_not_fit_its_metadata_is_an_error_before_the_first_photo(
    iqsd: Iqsd, folder: Path, command: tuple[str, ...]
) -> None:
    copy_photos(iqsd.pictures, 1)
    path = write(folder, "bad", METADATA | {"input": METADATA["input"] | {"width": 17}})
    iqsd.configure(f'[model]\nfile = "{path}"\n[watch]\nsettle_seconds = 0.3\nfolders = ["{iqsd.pictures}"]\n')
    done = iqsd.run(*command)
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "bad.tflite: takes input of shape (1, 16, 16, 3), but its metadata says (1, 16, 17, 3)" in done.stderr
    assert not list(iqsd.pictures.glob("*.xmp"))


def test_a_damaged_model_is_one_line_whatever_part_is_damaged(iqsd: Iqsd) -> None:
    whole = shipped_model().read_bytes()
    path = iqsd.home / "damaged.tflite"
    path.with_suffix(".json").write_text(json.dumps(json.loads(shipped_model().with_suffix(".json").read_text())))
    for data in (whole[:1000], whole[:-100_000], whole[:100] + bytes(50_000) + whole[50_100:], b""):
        path.write_bytes(data)
        done = iqsd.run("models", "check", path)
        assert done.returncode == 4, done.stdout
        assert done.stderr.count("\n") == 1


def test_metadata_that_cannot_be_read_are_reported_in_words(iqsd: Iqsd) -> None:
    model = iqsd.home / "mine.tflite"
    model.touch()
    metadata = model.with_suffix(".json")
    metadata.mkdir()
    assert iqsd.run("models", "check", model).stderr == f"iqsd: {metadata}: cannot be read: Is a directory\n"
    metadata.rmdir()
    metadata.write_bytes(b"\xff")
    assert iqsd.run("models", "check", model).stderr == f"iqsd: {metadata}: is not UTF-8 text\n"


def test_check_names_the_photos_that_it_cannot_read_and_shows_the_rest(iqsd: Iqsd) -> None:
    bad, good = iqsd.home / "bad.jpg", *copy_photos(iqsd.pictures, 1)
    bad.write_bytes(b"no photo")
    done = iqsd.run("models", "check", str(shipped_model()), bad, good)
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stdout.splitlines()[-4:]] == ["black", "grey", "white", good.name]
    assert done.stderr.startswith(f"iqsd: {bad}: ")
