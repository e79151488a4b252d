"""When to rest, on its own: what counts as running on battery, and whose load counts."""

import os
from pathlib import Path

import pytest

from iqsd.service import machine
from iqsd.service.machine import Supply, is_on_battery, power_supplies
from iqsd.service.resting import Limits, OwnLoad, Resting, why_rest

AC, BATTERY = Supply("Mains"), Supply("Battery", status="Discharging")


@pytest.mark.parametrize(
    ("supplies", "expected"),
    [
        ([], False),  # a desktop
        ([AC, BATTERY], True),
        ([BATTERY], True),
        ([Supply("Mains", is_online=True), BATTERY], False),  # a weak charger, or a battery that is being cared for
        ([AC, Supply("USB", is_online=True), BATTERY], False),
        ([AC, Supply("Battery", status="Full"), BATTERY], True),  # with two batteries, one is used first
        ([Supply("Battery", status="Charging")], False),
        ([Supply("Battery", status="Discharging", scope="Device")], False),  # a mouse's
        ([Supply("UPS", is_online=True, status="Discharging")], True),
    ],
)
def test_what_counts_as_running_on_battery(supplies: list[Supply], expected: bool) -> None:
    assert is_on_battery(supplies) is expected


def test_power_supplies_are_read_as_the_kernel_shows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"AC": {"type": "Mains\n", "online": "1\n"}, "BAT0": {"type": "Battery\n", "status": "Full\n"}}
    for name, values in files.items():
        (tmp_path / name).mkdir()
        for file, value in values.items():
            (tmp_path / name / file).write_text(value)
    monkeypatch.setattr(machine, "POWER_SUPPLIES", tmp_path)
    assert power_supplies() == [Supply("Mains", is_online=True), Supply("Battery", status="Full")]
    monkeypatch.setattr(machine, "POWER_SUPPLIES", tmp_path / "none")
    assert power_supplies() == []


def test_without_a_setting_there_is_no_reason_to_rest() -> None:
    assert why_rest(Limits(), is_on_battery=True, load=99) == ""
    assert why_rest(Limits(on_battery=True), is_on_battery=False, load=99) == ""
    assert why_rest(Limits(above_load=2), is_on_battery=True, load=2) == ""


def test_the_reason_names_the_setting() -> None:
    assert "run.pause_on_battery" in why_rest(Limits(on_battery=True), is_on_battery=True, load=0)
    assert "by 2.5 (run.pause_above_load is 2)" in why_rest(Limits(above_load=2), is_on_battery=False, load=2.5)


def test_iqsd_does_not_rest_because_of_its_own_work(monkeypatch: pytest.MonkeyPatch) -> None:
    own = OwnLoad()
    assert own.add(4, 0) == 0
    assert own.add(4, 60) == pytest.approx(4 * 0.632, abs=0.01)  # as the kernel's average of one minute
    assert own.add(4, 600) == pytest.approx(4, abs=0.01)
    cores = machine.cores()
    monkeypatch.setattr(os, "getloadavg", lambda: (cores * 1.0, 0, 0))
    resting = Resting(Limits(above_load=0.5))
    assert resting.look(0, busy=cores) != ""  # others caused the load until now
    assert resting.look(600, busy=cores) == ""
    assert resting.look(1200, busy=0) != ""  # now others cause it


def test_nothing_is_read_if_no_setting_asks_for_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "power_supplies", lambda: pytest.fail("read"))
    assert Resting(Limits()).look(0, busy=0) == ""
