"""What a person expects of a command line: help with examples, completion, a man page, quiet and verbose."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main

from iqsd.cli import app
from iqsd.cli.examples import EXAMPLES
from iqsd.errors import ExitCode
from tests.conftest import ROOT, Iqsd, copy_photos, sidecar, wait_for


def every_command() -> dict[str, Any]:
    found, waiting = {}, [("", typer.main.get_command(app))]
    while waiting:
        path, command = waiting.pop()
        below: dict[str, Any] = getattr(command, "commands", {})
        waiting += [(f"{path} {name}".strip(), each) for name, each in below.items()]
        if not below:
            found[path] = command
    return found


def test_every_command_has_examples_and_every_example_is_understood() -> None:
    commands = every_command()
    assert set(commands) == set(EXAMPLES)
    for path, rows in EXAMPLES.items():
        for typed, _ in rows:
            words = shlex.split(re.split(r" [|>] ", typed)[0])
            start = ["iqsd", *path.split()]
            assert words[: len(start)] == start
            with commands[path].make_context(path, words[len(start) :]):  # raises if an option does not exist
                pass


def test_the_help_shows_the_examples_one_per_line(iqsd: Iqsd) -> None:
    text = iqsd.run("undo", "--help").stdout
    assert "Examples:\n    iqsd undo --dry-run ~/Pictures\n        say what would be taken back\n" in text


@pytest.mark.parametrize("group", [[], ["config"], ["service"], ["digikam"], ["models"]])
def test_the_list_of_commands_cuts_no_sentence_off(iqsd: Iqsd, group: list[str]) -> None:
    done = iqsd.run(*group, "--help")
    assert "Commands:\n" in done.stdout
    assert "..." not in done.stdout.partition("Commands:")[2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_offered_the_commands(iqsd: Iqsd, shell: str) -> None:
    words = {"COMP_WORDS": "iqsd re", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "iqsd re"}
    more = {"_TYPER_COMPLETE_FISH_ACTION": "get-args", "_IQSD_COMPLETE": f"complete_{shell}"}
    program = [Path(iqsd.command()[0]).with_name("iqsd")]
    done = subprocess.run(
        program, env={**iqsd.environment, **words, **more}, capture_output=True, text=True, timeout=60
    )
    assert {"rescan", "report", "retry"} <= set(re.findall(r"[a-z]+", done.stdout))
    assert "undo" not in done.stdout.split()


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_man_page_is_in_order() -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", str(ROOT / "docs" / "iqsd.1")], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    plain = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)
    for word in ("iqsd rescan", "--dry-run", "EXIT STATUS", "NO_COLOR", "watch.folders"):
        assert word in plain


def test_a_photo_named_to_be_tried_again_that_has_not_failed_is_reported(iqsd: Iqsd) -> None:
    text = iqsd.pictures / "text.jpg"
    text.write_text("this is no photo")
    iqsd.run("rescan", iqsd.pictures)
    misspelt = iqsd.pictures / "txet.jpg"
    done = iqsd.run("retry", text, misspelt)
    assert (done.returncode, done.stdout.splitlines()) == (1, [str(text), "1 will be tried again"])
    assert done.stderr == f"iqsd: {misspelt}: no photo there has failed (see `iqsd status`)\n"


def test_quiet_says_only_what_went_wrong(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    done = iqsd.run("rescan", "-q", iqsd.pictures)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (iqsd.pictures / "text.jpg").write_text("this is no photo")
    done = iqsd.run("rescan", "-q", iqsd.pictures)
    assert (done.returncode, done.stdout) == (1, "")
    assert "text.jpg" in done.stderr


def test_verbose_also_has_a_line_for_photos_that_need_nothing(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    assert iqsd.run("rescan", iqsd.pictures).stdout.splitlines()[0].endswith(")")
    assert str(photo) not in iqsd.run("rescan", iqsd.pictures).stdout
    assert f"unchanged              {photo}" in iqsd.run("rescan", "-v", iqsd.pictures).stdout.splitlines()
    assert iqsd.run("rescan", "-q", "-v", iqsd.pictures).returncode == 2


def test_a_quiet_daemon_logs_no_more_than_warnings(iqsd: Iqsd) -> None:
    process = iqsd.start("start", "--quiet", iqsd.pictures, iqsd.home / "nowhere")
    wait_for(lambda: "nowhere does not exist" in iqsd.log.read_text())
    process.terminate()
    assert process.wait(20) == 0
    assert "INFO" not in iqsd.log.read_text()


def test_a_name_that_the_locale_cannot_encode_does_not_end_the_run(iqsd: Iqsd) -> None:
    photo, other = copy_photos(iqsd.pictures, 2)
    photo.rename(photo.with_name("日本.jpg"))
    iqsd.environment |= {"PYTHONIOENCODING": "latin-1"}
    done = iqsd.run("rescan", iqsd.pictures)
    assert done.returncode == 0
    assert "\\u65e5\\u672c.jpg" in done.stdout
    assert sidecar(other).exists()


@pytest.mark.parametrize("command", ["rescan --dry-run --json", "score --json", "explain --json"])
def test_json_is_valid_in_a_locale_that_cannot_encode_a_name(iqsd: Iqsd, command: str) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    photo = photo.rename(photo.with_name("süß 😀.jpg"))
    iqsd.environment |= {"PYTHONIOENCODING": "latin-1"}
    done = iqsd.run(*command.split(), iqsd.pictures if "rescan" in command else photo, encoding="latin-1")
    assert json.loads(done.stdout)["path"] == str(photo)


@pytest.mark.parametrize("command", ["start", "config init"])
def test_a_place_that_cannot_be_written_is_one_clear_line(iqsd: Iqsd, command: str) -> None:
    (iqsd.home / "file").touch()
    for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        iqsd.environment[variable] = str(iqsd.home / "file")
    done = iqsd.run(*command.split(), *([iqsd.pictures] if command == "start" else []))
    assert done.returncode in (ExitCode.JOURNAL, ExitCode.CONFIG)
    assert done.stderr.count("\n") == 1
    assert str(iqsd.home / "file") in done.stderr


@pytest.mark.parametrize("command", [["rescan"], ["undo"], ["start"], ["calibrate"], ["report"]])
def test_an_empty_argument_is_not_the_current_folder(iqsd: Iqsd, command: list[str]) -> None:
    copy_photos(iqsd.pictures, 1)
    done = iqsd.run(*command, "", cwd=iqsd.pictures)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr == "iqsd: empty argument (is a shell variable not set?)\n"
    assert len(list(iqsd.pictures.iterdir())) == 1


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_output_does_not_keep_photos_from_being_rated(iqsd: Iqsd, closed: int) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    command = shlex.join(iqsd.command("rescan", iqsd.pictures))
    done = subprocess.run(["sh", "-c", f"{command} {closed}>&-"], env=iqsd.environment, check=False)
    assert done.returncode == 0
    assert sidecar(photo).exists()


@pytest.mark.parametrize("command", ["formats", "config show", "doctor"])
def test_a_reader_that_has_seen_enough_ends_the_command_silently(iqsd: Iqsd, command: str) -> None:
    line = shlex.join(iqsd.command(*command.split()))
    done = subprocess.run(
        ["sh", "-c", f"{line} | true"], env=iqsd.environment, check=False, stderr=subprocess.PIPE, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_behind_the_output_is_one_line(iqsd: Iqsd) -> None:
    command = shlex.join(iqsd.command("formats"))
    done = subprocess.run(
        ["sh", "-c", f"{command} > /dev/full"], env=iqsd.environment, check=False, stderr=subprocess.PIPE, text=True
    )
    assert (done.returncode, done.stderr) == (1, "iqsd: No space left on device\n")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["undo", "--since", "0001-01-01"], "0001-01-01 is not a date such as 2024-12-24 or 2024-12-24T18:00:00"),
        (["undo", "--since", "yesterday"], "yesterday is not a date such as"),
        (["calibrate", "--reject-worst", "nan"], "must be a number from 0 to 100, not nan"),
        (["calibrate", "--accept-best", "10%"], "must be a number from 0 to 100, not 10%"),
        (["rescan", "--jobs", "0"], "must be a whole number from 1 to 256, not 0"),
        (["rescan", "--jobs", "many"], "must be a whole number from 1 to 256, not many"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_in_plain_words(iqsd: Iqsd, arguments: list[str], said: str) -> None:
    done = iqsd.run(*arguments, iqsd.pictures)
    assert done.returncode == ExitCode.USAGE
    assert arguments[1] in done.stderr
    assert said in done.stderr


@pytest.mark.parametrize("command", ["score", "explain"])
def test_a_folder_given_instead_of_a_photo_is_an_error_that_names_the_commands_for_folders(
    iqsd: Iqsd, command: str
) -> None:
    done = iqsd.run(command, iqsd.pictures)
    assert (done.returncode, done.stderr) == (
        1,
        f"iqsd: {iqsd.pictures}: is a folder; `iqsd rescan` and `iqsd report` take folders\n",
    )


def test_a_missing_folder_that_the_settings_name_is_an_error_that_says_what_to_do(iqsd: Iqsd) -> None:
    missing = f"iqsd: {iqsd.home / 'nowhere'}: there is no such folder"
    assert iqsd.run("rescan", iqsd.home / "nowhere").stderr == f"{missing}\n"
    iqsd.configure(f"[watch]\nfolders = ['{iqsd.home / 'nowhere'}']\n")
    said = iqsd.run("rescan").stderr
    assert said.startswith(f"{missing} (")
    assert "set watch.folders in config.toml" in said


def test_a_deleted_current_folder_is_named_as_the_problem(iqsd: Iqsd) -> None:
    gone = iqsd.home / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", f"rmdir {gone} && {shlex.join(iqsd.command('rescan', '.'))}"],
        env=iqsd.environment | {"PYTHONPATH": str(ROOT)},
        cwd=gone,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == ExitCode.SOME_FAILED
    assert done.stderr == "iqsd: the current folder no longer exists (change to another one)\n"
