"""`iqsd config`: write, show and check the settings."""

import resource

import pytest

from tests.conftest import Iqsd


def test_init_writes_a_commented_file_that_check_accepts_and_never_overwrites_one(iqsd: Iqsd) -> None:
    iqsd.config.unlink()
    assert iqsd.run("config", "init").returncode == 0
    assert "# reject_below = " in iqsd.config.read_text()
    done = iqsd.run("config", "check")
    assert (done.returncode, done.stdout) == (0, "The settings are in order.\n")
    again = iqsd.run("config", "init")
    assert again.returncode == 3
    assert "already exists" in again.stderr


def test_init_says_where_it_cannot_make_a_folder(iqsd: Iqsd) -> None:
    iqsd.config.unlink()
    iqsd.config.parent.rmdir()
    iqsd.config.parent.touch()
    done = iqsd.run("config", "init")
    assert done.returncode == 3
    assert f"{iqsd.config.parent}: the folder cannot be created" in done.stderr


def test_check_and_the_doctor_name_a_polled_folder_that_is_not_watched(iqsd: Iqsd) -> None:
    iqsd.configure(f"[watch]\nfolders = ['{iqsd.pictures}']\npoll_folders = ['{iqsd.home}']\n")
    for command in (["config", "check"], ["doctor"], ["start"]):
        done = iqsd.run(*command)
        assert done.returncode != 0
        assert f"watch.poll_folders names {iqsd.home}" in done.stdout + done.stderr


def test_show_prints_what_is_in_force(iqsd: Iqsd) -> None:
    done = iqsd.run("config", "show")
    assert "\nsettle_seconds = 0.3\n" in done.stdout
    assert '\nnaming = "full"\n' in done.stdout
    assert "\n# jobs = " in done.stdout


def test_check_names_file_line_and_key(iqsd: Iqsd) -> None:
    iqsd.configure("[watch]\nfolder = ['/x']\n")
    done = iqsd.run("config", "check")
    assert done.returncode == 3
    assert f"{iqsd.config}: line 2: unknown key 'watch.folder'" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "[rating]\nreject_below = 60\naccept_from = 40\n",
        "[rating]\nreject_worst = 60\naccept_best = 60\n",
        "[watch]\npoll_folders = ['/no/such/folder']\n",
    ],
)
def test_values_that_contradict_each_other_are_named_with_their_file(iqsd: Iqsd, text: str) -> None:
    iqsd.configure(text)
    done = iqsd.run("config", "check")
    assert done.returncode == 3
    assert done.stderr.startswith(f"iqsd: {iqsd.config}: ")


def test_a_wrong_value_is_shown_as_written_in_the_file(iqsd: Iqsd) -> None:
    iqsd.configure("[rating]\npairs = true\n")
    assert "rating.pairs is true, must be" in iqsd.run("config", "check").stderr


def test_check_names_a_folder_that_is_not_there(iqsd: Iqsd) -> None:
    iqsd.configure("[watch]\nfolders = ['/no/such/folder']\n")
    done = iqsd.run("config", "check")
    assert done.returncode == 5
    assert "/no/such/folder" in done.stderr


def test_check_names_a_model_that_is_not_there(iqsd: Iqsd) -> None:
    iqsd.configure("[model]\nfile = '/no/such/model.tflite'\n")
    done = iqsd.run("config", "check")
    assert done.returncode == 4
    assert "/no/such/model.tflite: there is no such model" in done.stderr


@pytest.mark.parametrize("command", [["config", "check"], ["rescan"], ["start"], ["models", "use", "iqsd-lite0/7"]])
def test_a_link_to_missing_settings_does_not_mean_the_defaults(iqsd: Iqsd, command: list[str]) -> None:
    iqsd.config.unlink()
    iqsd.config.symlink_to(iqsd.home / "away" / "config.toml")
    done = iqsd.run(*command)
    assert done.returncode == 3
    assert done.stderr == f"iqsd: {iqsd.config}: is a broken link (repair or remove the link)\n"


def test_a_config_file_named_on_the_command_line_must_exist(iqsd: Iqsd) -> None:
    done = iqsd.run("config", "show", "--config", "/no/such.toml")
    assert done.returncode == 3
    assert "there is no such file" in done.stderr


def test_init_leaves_no_half_file_on_a_full_disk(iqsd: Iqsd) -> None:
    iqsd.config.unlink()

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = iqsd.run("config", "init", preexec_fn=no_room)
    assert done.returncode == 3
    assert f"{iqsd.config}: cannot be written: " in done.stderr
    assert list(iqsd.config.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("no/such/folder/iqsd.prom", "No such file or directory"),
        ("file/iqsd.prom", "Not a directory"),
        ("file", "something else is there already"),
    ],
)
def test_check_and_the_doctor_name_a_metrics_file_that_cannot_be_written(iqsd: Iqsd, file: str, reason: str) -> None:
    (iqsd.home / "file").write_text("mine")
    iqsd.configure(f'[run]\nmetrics_file = "{iqsd.home / file}"\n')
    told = f"{iqsd.home / file}: run.metrics_file cannot be written: {reason}"
    check = iqsd.run("config", "check")
    assert (check.returncode, check.stderr) == (3, f"iqsd: {told}\n")
    assert told in iqsd.run("doctor").stdout
    iqsd.configure(f'[run]\nmetrics_file = "{iqsd.home / "iqsd.prom"}"\n')
    assert iqsd.run("config", "check").returncode == 0
