"""Under systemd: readiness, pings that mean progress, the unit, and what its hardening still allows."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqsd.service import unit
from tests.conftest import PHOTOS, Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import HASTE, Watched

UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))


class Manager:
    """The other end of the socket that systemd gives a service."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self._heard: list[str] = []

    def heard(self) -> list[str]:
        while True:
            try:
                self._heard += self._socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self._heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(iqsd: Iqsd) -> Iterator[Manager]:
    manager = Manager(iqsd.home / "notify")
    iqsd.environment |= {"NOTIFY_SOCKET": str(iqsd.home / "notify"), "WATCHDOG_USEC": "3000000"}
    yield manager
    manager.close()


def test_it_says_that_it_is_ready_that_it_makes_progress_and_that_it_stops(iqsd: Iqsd, manager: Manager) -> None:
    process = Watched(iqsd).start()
    wait_for(lambda: "READY=1" in manager.heard())
    wait_for(lambda: manager.heard().count("WATCHDOG=1") >= 3)
    assert "STATUS=idle" in manager.heard()
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: "RELOADING=1" in manager.heard())
    wait_for(lambda: manager.heard().count("READY=1") == 2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert manager.heard()[-1] == "STOPPING=1"


def test_a_hung_decoder_counts_as_progress_while_it_is_being_dealt_with(iqsd: Iqsd, manager: Manager) -> None:
    watched = Watched(iqsd, inject=HASTE)
    watched.start()
    (iqsd.pictures / "endless.jpg").write_bytes(PHOTOS[0].read_bytes())
    wait_for(lambda: watched.says("took longer than 3 s"))
    before = manager.heard().count("WATCHDOG=1")
    wait_for(lambda: manager.heard().count("WATCHDOG=1") > before)


def test_log_lines_have_priorities_for_journald(iqsd: Iqsd) -> None:
    (iqsd.pictures / "bad.jpg").write_text("no photo")
    with iqsd.log.open("w") as log:
        status = os.fstat(log.fileno())
        iqsd.environment["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
        process = subprocess.Popen(iqsd.command("start", iqsd.pictures), env=iqsd.environment, stderr=log, text=True)
    try:
        wait_for(lambda: "<4>" in iqsd.log.read_text())
    finally:
        process.terminate()
        process.wait()
    assert all(line[:3] in ("<4>", "<6>") for line in iqsd.log.read_text().splitlines())


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_the_unit_is_hardened(file: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    if "offline" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at files")
    assert done.returncode == 0, done.stdout[-500:] + done.stderr


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_the_memory_that_the_unit_allows_grows_with_the_machine(file: Path) -> None:
    """There is a worker for every core: under a fixed limit, those of many cores would kill each other's photos."""
    limits = re.findall(r"^Memory(?:High|Max)=(.*)$", file.read_text(), re.MULTILINE)
    assert len(limits) == 2
    assert all(limit.endswith("%") for limit in limits)


def test_rating_works_if_no_memory_may_be_made_executable(iqsd: Iqsd) -> None:
    refuse = (  # PR_SET_MDWE, as MemoryDenyWriteExecute= does
        "import ctypes, os, sys\n"
        "if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit(9)\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    photos = copy_photos(iqsd.pictures, 2)
    command = [sys.executable, "-c", refuse, *iqsd.command("rescan", iqsd.pictures)]
    done = subprocess.run(command, env=iqsd.environment, capture_output=True, text=True)
    if done.returncode == 9:
        pytest.skip("needs Linux 6.3")
    assert done.returncode == 0, done.stderr
    assert all(sidecar(photo).exists() for photo in photos)


@pytest.fixture
def systemctl(iqsd: Iqsd) -> Path:
    """A systemctl that records how it is called."""
    asked = iqsd.home / "asked"
    program = iqsd.home / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n[ "$2" = is-active ] && echo active\nexit 0\n')
    program.chmod(0o755)
    iqsd.environment["PATH"] = f"{program.parent}:{iqsd.environment['PATH']}"
    return asked


def test_the_service_is_installed_queried_and_uninstalled(iqsd: Iqsd, systemctl: Path) -> None:
    file = iqsd.home / "config" / "systemd" / "user" / unit.NAME
    assert iqsd.run("service", "status").stdout == "not installed\n"
    done = iqsd.run("service", "install")
    assert done.returncode == 0, done.stderr
    assert f"ExecStart={Path(sys.executable).with_name('iqsd')} start" in file.read_text()
    assert iqsd.run("service", "install").returncode == 0  # again: an upgrade
    assert iqsd.run("service", "status").stdout == "active\n"
    assert iqsd.run("service", "uninstall").returncode == 0
    assert not file.exists()
    asked = systemctl.read_text().splitlines()
    reload = "--user daemon-reload"
    assert asked[:4] == [reload, reload, f"--user enable {unit.NAME}", f"--user restart {unit.NAME}"]
    assert f"--user disable --now {unit.NAME}" in asked


@pytest.mark.parametrize("folder", ["plain", "my photos", "100 %", "US$", "${HOME}", "grün_1", "a;b"])
def test_the_unit_names_the_program_whatever_its_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    (tmp_path / folder).mkdir()
    for name in ("python", "iqsd"):
        shutil.copy("/bin/true", tmp_path / folder / name)
    monkeypatch.setattr(sys, "executable", str(tmp_path / folder / "python"))
    file = tmp_path / unit.NAME
    file.write_text(unit.text())
    command = ["systemd-analyze", "--user", "--man=no", "verify", str(file)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "is not executable" not in done.stderr
    assert done.returncode == 0, done.stderr


def test_without_systemd_nothing_is_left_behind(iqsd: Iqsd, systemctl: Path) -> None:
    file = iqsd.home / "config" / "systemd" / "user" / unit.NAME
    program = systemctl.parent / "bin" / "systemctl"
    works = program.read_text()
    program.write_text("#!/bin/sh\necho no bus >&2\nexit 1\n")
    done = iqsd.run("service", "install")
    assert (done.returncode, file.exists()) == (3, False)
    assert "no bus" in done.stderr
    program.write_text(works)
    assert iqsd.run("service", "install").returncode == 0
    program.write_text("#!/bin/sh\necho no bus >&2\nexit 1\n")
    done = iqsd.run("service", "uninstall")
    assert (done.returncode, file.exists()) == (3, False)


def test_a_unit_that_a_person_wrote_is_left_alone(iqsd: Iqsd, systemctl: Path) -> None:
    file = iqsd.home / "config" / "systemd" / "user" / unit.NAME
    file.parent.mkdir(parents=True)
    file.write_text("[Service]\nExecStart=mine\n")
    for what in ("install", "uninstall"):
        done = iqsd.run("service", what)
        assert done.returncode == 3
        assert "not written by iqsd" in done.stderr
    assert file.read_text() == "[Service]\nExecStart=mine\n"
    assert not systemctl.exists()
