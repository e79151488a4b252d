"""When the machine runs on battery, or others need it, photos wait until that is over if the user wants."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PHOTOS, Iqsd, copy_photos, wait_for
from tests.faults.watched import HASTE, Watched, end

SETTINGS = "[watch]\nsettle_seconds = 0.3\n[run]\n"


class Machine:
    """What the daemon believes about the machine."""

    def __init__(self, home: Path) -> None:
        self.power = home / "power_supply"
        self.load = home / "load"
        for name, kind in (("AC", "Mains"), ("BAT0", "Battery")):
            (self.power / name).mkdir(parents=True)
            (self.power / name / "type").write_text(f"{kind}\n")
        self.plug(in_=True)
        self.set_load(0)
        self.inject = {**HASTE, "IQSD_FAULT_POWER": str(self.power), "IQSD_FAULT_LOAD": str(self.load)}

    def plug(self, *, in_: bool) -> None:
        _put(self.power / "AC" / "online", f"{in_:d}\n")
        _put(self.power / "BAT0" / "status", "Charging\n" if in_ else "Discharging\n")

    def set_load(self, load: float) -> None:
        _put(self.load, f"{load}")

    def burden(self, what: str, on: bool) -> None:
        if what == "battery":
            self.plug(in_=not on)
        else:
            self.set_load(10_000 if on else 0)


def _put(file: Path, text: str) -> None:
    """Write as the kernel does: nobody can read half of it."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def state(iqsd: Iqsd) -> Any:
    return json.loads(iqsd.run("status", "--json").stdout)["daemon"]


def begin(iqsd: Iqsd, setting: str, machine: Machine, word: str) -> tuple[Watched, "subprocess.Popen[str]"]:
    watched = Watched(iqsd, SETTINGS + setting, inject=machine.inject)
    return watched, watched.start(word)


@pytest.mark.parametrize(
    ("what", "setting"), [("battery", "pause_on_battery = true\n"), ("load", "pause_above_load = 2\n")]
)
def test_photos_wait_while_there_is_a_reason_to_rest_and_are_rated_afterwards(
    iqsd: Iqsd, what: str, setting: str
) -> None:
    machine = Machine(iqsd.home)
    machine.burden(what, on=True)
    before = copy_photos(iqsd.pictures / "before", 2)
    watched, process = begin(iqsd, setting, machine, "resting")
    arrived = copy_photos(iqsd.pictures, 3)
    # Noticed and settled even while it rests:
    wait_for(lambda: state(iqsd)["queue"]["waiting"] == len(before) + len(arrived))
    assert f"run.pause_{'on_battery' if what == 'battery' else 'above_load'}" in state(iqsd)["resting"]
    assert "resting: " in iqsd.run("status").stdout
    assert not list(iqsd.pictures.rglob("*.xmp"))
    machine.burden(what, on=False)
    watched.all_rated([*before, *arrived])
    assert watched.says("resuming")
    wait_for(lambda: state(iqsd)["resting"] == "")
    end(process)


def test_photos_that_change_or_go_while_they_wait_are_rated_as_they_are_afterwards(iqsd: Iqsd) -> None:
    machine = Machine(iqsd.home)
    machine.plug(in_=False)
    watched, process = begin(iqsd, "pause_on_battery = true\n", machine, "resting")
    edited, gone, renamed = copy_photos(iqsd.pictures, 3)
    wait_for(lambda: state(iqsd)["queue"]["waiting"] == 3)
    edited.write_bytes(PHOTOS[3].read_bytes())
    gone.unlink()
    new = renamed.rename(renamed.with_name("renamed.jpg"))
    wait_for(lambda: state(iqsd)["queue"]["waiting"] == 5)  # the old ones are dropped when their turn comes
    machine.plug(in_=True)
    watched.all_rated([edited, new])
    end(process)
    assert watched.outcomes() == {(edited.name, "rated"): 1, (new.name, "rated"): 1}


def test_a_folder_that_arrives_after_the_plug_was_pulled_is_found_and_waits(iqsd: Iqsd) -> None:
    machine = Machine(iqsd.home)
    watched, process = begin(iqsd, "pause_on_battery = true\n", machine, "compared")
    first = copy_photos(iqsd.pictures / "first", 2)
    watched.all_rated(first)
    machine.plug(in_=False)
    wait_for(lambda: watched.says("resting"))
    later = copy_photos(iqsd.pictures / "later", 2)
    wait_for(lambda: state(iqsd)["queue"]["waiting"] == len(later))
    machine.plug(in_=True)
    watched.all_rated([*first, *later])
    end(process)


def test_nothing_waits_unless_the_user_wants_it(iqsd: Iqsd) -> None:
    machine = Machine(iqsd.home)
    machine.burden("battery", on=True)
    machine.burden("load", on=True)
    watched, _ = begin(iqsd, "", machine, "compared")
    watched.all_rated(copy_photos(iqsd.pictures, 2))
