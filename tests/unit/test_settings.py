"""config.toml: one table, and errors that name the file, the line, the key and what is allowed."""

import json
from pathlib import Path

import pytest

from iqsd import settings
from iqsd.errors import ConfigError
from iqsd.scoring.metadata import Thresholds

FILE = Path("/home/me/config.toml")


def test_an_empty_file_gives_the_defaults() -> None:
    found = settings.parse("", FILE)
    assert found.settle_seconds == 5.0
    assert found.naming.value == "full"
    assert found.folders is None


def test_the_document_written_by_init_parses_to_the_defaults() -> None:
    assert settings.parse(settings.document(), FILE) == settings.parse("", FILE)


def test_every_commented_line_of_the_document_is_a_valid_setting() -> None:
    lines = settings.document().splitlines()
    names = {setting.key.split(".")[1] for setting in settings.SETTINGS}
    live = [line[2:] if line.startswith("# ") and line[2:].split(" = ")[0] in names else line for line in lines]
    found = settings.parse("\n".join(live), FILE)
    assert found.jobs == 2
    assert found.stars == (20.0, 45.0, 70.0, 90.0)


def test_what_show_prints_reads_back_as_the_same_settings() -> None:
    text = (
        '[watch]\nfolders = ["/a \\"b\\"", "/c"]\n[rating]\nreject_below = 3\nstars = [1, 2, 3, 4]\n[run]\njobs = 3\n'
    )
    found = settings.parse(text, FILE)
    assert settings.parse(settings.show(found), FILE) == found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n[rating]\nreject_belov = 3\n", 3, ["unknown key 'rating.reject_belov'", "rating.reject_below"]),
        ("[ratings]\nreject_below = 3\n", 1, ["'ratings'", "rating", "sidecars"]),
        ("jobs = 3\n", 1, ["'jobs'", "belongs under [run]"]),
        ("[run]\n\njobs = 'two'\n", 3, ["run.jobs", '"two"', "whole number from 1 to 256"]),
        ("[run]\njobs = true\n", 2, ["run.jobs", "whole number"]),
        ("[rating]\nstars = [1, 2, 3]\n", 2, ["rating.stars", "four ascending numbers"]),
        ("[rating]\nstars = 3\n", 2, ["rating.stars", "four ascending numbers"]),
        ("[rating]\nstars = ['1', '2', '3', '4']\n", 2, ["rating.stars", "four ascending numbers"]),
        ("[rating]\nstars = [true, 2, 3, 4]\n", 2, ["rating.stars", "four ascending numbers"]),
        ("[rating]\nstars = [1, 3, 2, 4]\n", 2, ["rating.stars", "four ascending numbers"]),
        ("[rating]\nstars = [-1, 2, 3, 4]\n", 2, ["rating.stars", "from 0 to 100"]),
        ("[rating]\nstars = [1, 2, 3, 101]\n", 2, ["rating.stars", "from 0 to 100"]),
        ("[rating]\naccept_from = true\n", 2, ["rating.accept_from", "a number from 0 to 100"]),
        ("[rating]\naccept_from = '70'\n", 2, ["rating.accept_from", "a number from 0 to 100"]),
        ("[watch]\nfolders = '/home/me/Pictures'\n", 2, ["watch.folders", "a list of one or more folders"]),
        ("[watch]\nfolders = ['/home/me/Pictures', 3]\n", 2, ["watch.folders", "a list of one or more folders"]),
        ("[watch]\nfolders = ['']\n", 2, ["watch.folders", "a list of one or more folders"]),
        ("[model]\nfile = ''\n", 2, ["model.file", "must be the name of"]),
        ("[model]\nfile = ['/mine.tflite']\n", 2, ["model.file", "must be the name of"]),
        ('[model]\nfile = "/mi\\u0000ne"\n', 2, ["model.file", "no file name can have"]),
        ("[run]\njobs = 1\n[watch]\njobs = 2\n", 4, ["unknown key 'watch.jobs'"]),
        ("[run]\njobs = 1\n\n[jobs]\n", 4, ["unknown section or key 'jobs'"]),
        ("\nrun.jobs = 'two'\n", 2, ["run.jobs"]),
        ("\nrun = 'two'\n", 2, ["run is a section: write [run]"]),
        ("[rating]\naccept_from = 101\n", 2, ["rating.accept_from", "from 0 to 100"]),
        ("[sidecars]\nnaming = 'short'\n", 2, ["sidecars.naming", "'full', 'base'"]),
        ("[watch]\nfolders = []\n", 2, ["watch.folders", "one or more folders"]),
        ("[watch]\nfolders = ['~nobody-of-that-name/Pictures']\n", 2, ["watch.folders", "an unknown user"]),
        ("[watch]\nfolders = ['Pictures']\n", 2, ["watch.folders", "must begin with / or ~"]),
        ("[model]\nfile = 'mine.tflite'\n", 2, ["model.file", "must begin with / or ~"]),
        ("[rating]\nstars = [nan, 1, 2, 3]\n", 2, ["rating.stars", "from 0 to 100"]),
        ('\n["run"]\n\njobs = 0\n', 4, ["run.jobs"]),
        ("\nrun = { jobs = 0 }\n", 2, ["run.jobs"]),
        ("\nrun . jobs = 0\n", 2, ["run.jobs"]),
        ("\n[rating.stars]\none = 1\n", 2, ["rating.stars"]),
        ("# one line\u2028of a word processor\x85\n[run]\njobs = 0\n", 3, ["run.jobs"]),
    ],
)
def test_a_wrong_setting_is_named_with_file_line_and_what_is_allowed(text: str, line: int, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.parse(text, FILE)
    message = str(caught.value)
    assert message.startswith(f"{FILE}: line {line}:")
    for word in words:
        assert word in message


def test_the_ends_of_what_is_allowed_are_allowed() -> None:
    text = "[rating]\nreject_below = 0\naccept_from = 100\nstars = [0, 0, 100, 100]\n[run]\njobs = 256\n"
    found = settings.parse(text, FILE)
    assert (found.reject_below, found.accept_from, found.stars, found.jobs) == (0, 100, (0, 0, 100, 100), 256)


def test_for_an_unknown_key_only_the_keys_of_its_section_are_listed() -> None:
    with pytest.raises(ConfigError) as caught:
        settings.parse("[sidecars]\nnameing = 'base'\n", FILE)
    assert str(caught.value).endswith(
        "[sidecars] has sidecars.naming, sidecars.colour_label, sidecars.keyword, sidecars.write"
    )


def test_broken_toml_is_named_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"not valid TOML.*line 2"):
        settings.parse("[run]\njobs = = 2\n", FILE)


def test_thresholds_that_contradict_each_other_are_refused() -> None:
    models = Thresholds(10, 70, (20, 40, 60, 80))
    assert settings.parse("[rating]\nreject_below = 5\n", FILE).thresholds(models).reject_below == 5
    with pytest.raises(ConfigError, match="is above"):
        settings.parse("[rating]\nreject_below = 75\n", FILE).thresholds(models)


def test_of_the_folders_named_to_be_watched_those_in_poll_folders_are_polled() -> None:
    found = settings.parse("[watch]\nfolders = ['/nas', '/disk']\npoll_folders = ['/nas']\n", FILE)
    assert found.polled() == (Path("/nas"),)
    assert found.watching([Path("/disk")]).polled() == ()
    assert found.watching([Path("/else"), Path("/nas/2024")]).polled() == (Path("/nas/2024"),)


def test_the_pictures_folder_is_the_desktops_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert settings.pictures_folder() == tmp_path / "Pictures"
    (tmp_path / "config").mkdir()
    places = ("DOCUMENTS", "Dokumente"), ("PICTURES", "Bilder"), ("VIDEOS", "Videos")
    lines = ["# made by xdg", *(f'XDG_{place}_DIR="$HOME/{name}"' for place, name in places)]
    (tmp_path / "config" / "user-dirs.dirs").write_text("\n".join(lines) + "\n")
    assert settings.pictures_folder() == tmp_path / "Bilder"
    for nowhere in ("$HOME/", "$HOME", "relative"):  # the first is how xdg-user-dirs says that there is no folder
        (tmp_path / "config" / "user-dirs.dirs").write_text(f'XDG_PICTURES_DIR="{nowhere}"\n')
        assert settings.pictures_folder() == tmp_path / "Pictures"


def test_what_is_shown_can_be_read_again_whatever_a_folder_is_called() -> None:
    odd = '/a "quoted"\n\\ folder\x7f with \u00fc'
    shown = settings.show(settings.parse(f"[watch]\nfolders = [{json.dumps(odd)}]\n".replace("\x7f", "\\u007f"), FILE))
    assert settings.parse(shown, FILE).folders == (Path(odd),)


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert settings.parse("\ufeff[run]\njobs = 3\n", FILE).jobs == 3


def test_a_number_with_thousands_of_digits_is_one_line() -> None:
    with pytest.raises(ConfigError, match="thousands of digits"):
        settings.parse(f"[run]\njobs = 0x{'f' * 5000}\n", FILE)


def test_a_folder_is_not_accepted_as_a_file_name() -> None:
    with pytest.raises(ConfigError, match="not of a folder"):
        settings.parse('[run]\nmetrics_file = "/"\n', FILE)


@pytest.mark.parametrize("text", ["[run]\njobs = " + "9" * 5000, "[watch]\nfolders = " + "[" * 5000])
def test_endless_numbers_and_brackets_are_not_valid_toml(text: str) -> None:
    with pytest.raises(ConfigError, match="is not valid TOML"):
        settings.parse(text, FILE)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")  # as Path.home does

    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(ConfigError, match="no home folder"):
        settings.config_file()


def test_a_file_that_is_far_too_large_is_not_read_in_part(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("# a comment\n" * 100_000)
    with pytest.raises(ConfigError, match="more than 1,000,000 bytes"):
        settings.load(file)
