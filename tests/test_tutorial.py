"""docs/tutorial.md is true: every command in it runs, in order, in a home made for it."""

import re
import shlex
import subprocess
from pathlib import Path

from tests.conftest import ROOT, Iqsd, copy_photos, digest

PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")


def test_every_command_of_the_tutorial_runs_in_order_and_leaves_the_photos_as_they_were(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures)
    (iqsd.home / "tests").symlink_to(ROOT / "tests")  # the checkout, from which it copies photos
    iqsd.config.unlink()
    program = f"{shlex.quote(iqsd.command()[0])} -m iqsd"
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) >= 15
    pictures, sidecars = digest(iqsd.pictures), []
    for command in commands:
        line = re.sub(r"^iqsd ", f"{program} ", command)
        environment = {**iqsd.environment, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["sh", "-c", line], env=environment, cwd=iqsd.home, capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        sidecars.append(len(list((iqsd.home / "trial").glob("*.xmp"))))
    rated, ended = commands.index("iqsd rescan ~/trial"), len(commands) - 1
    assert sidecars[rated - 1] == 0
    assert sidecars[rated] == len(pictures)
    assert sidecars[ended] == 0
    assert digest(iqsd.pictures) == digest(iqsd.home / "trial") == pictures
    assert all((iqsd.home / made).stat().st_size > 10_000 for made in ("trial.html", "map.png"))


def test_the_pages_name_only_commands_and_settings_that_exist() -> None:
    known = {name for page in ("commands.md", "settings.md") for name in _names(ROOT / "docs" / page)}
    for page in ("tutorial.md", "recipes.md", "faq.md", "verdicts.md"):
        text = (ROOT / "docs" / page).read_text("utf-8")
        for command in re.findall(r"`iqsd ([a-z]+)", text):
            assert f"iqsd {command}" in known, f"{page}: {command}"
        for setting in re.findall(r"`((?:watch|rating|sidecars|model|run)\.[a-z_]+)", text):
            assert setting in known, f"{page}: {setting}"


def _names(page: Path) -> set[str]:
    return set(re.findall(r"`([a-z_. ]+)`", page.read_text("utf-8")))
