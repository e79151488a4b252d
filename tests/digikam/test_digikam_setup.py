"""`iqsd digikam check` says what is in the way, `setup` changes that and nothing else."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iqsd.digikam import Config, change, check, find_configs, setup
from iqsd.digikam.places import running_digikam
from iqsd.errors import DigikamError, ExitCode, SidecarError
from iqsd.sidecars import Naming, atomic

FRESH = "[Album Settings]\nShow Splash=false\n\n[General Settings]\nVersion=7.9.0\n"
READY = """# mine
[Album Settings]
Album Monitoring=true

[Metadata Settings]
Metadata Writing Mode=2
Rescan File If Modified=true
Save Pick Label=true
Save Rating=true
Use XMP Sidecar For Reading=true
"""


def config(folder: Path, text: str = FRESH) -> Config:
    path = folder / "digikamrc"
    path.write_bytes(text.encode())
    return Config(path, "digiKam")


def keys(rc: Config, naming: Naming = Naming.FULL) -> set[str]:
    return {finding.key for finding in check(rc, naming)}


def test_everything_in_the_way_is_reported_for_a_fresh_digikam(tmp_path: Path) -> None:
    findings = check(config(tmp_path))
    assert [f.key for f in findings] == [
        "Use XMP Sidecar For Reading",
        "Metadata Writing Mode",
        "Rescan File If Modified",
        "Save Rating",
        "Save Pick Label",
        "Album Monitoring",
    ]
    assert all(f.problem and f.menu.startswith("Settings > Configure digiKam > ") for f in findings)


def test_nothing_is_in_the_way_once_digikam_is_set_up(tmp_path: Path) -> None:
    assert check(config(tmp_path, READY)) == []


def test_setup_leaves_nothing_in_the_way_and_a_second_one_does_nothing(tmp_path: Path) -> None:
    rc = config(tmp_path)
    done = setup(rc)
    assert len(done.changed) == 6
    assert check(rc) == []
    before = rc.path.stat()
    again = setup(rc)
    assert (again.changed, again.left, again.backup) == ((), (), None)
    assert rc.path.stat() == before


def test_setup_keeps_mode_and_every_other_line_and_a_backup(tmp_path: Path) -> None:
    text = READY.replace("Rescan File If Modified=true", "Rescan File If Modified=false") + "Odd[de]=\u2026\r\n"
    rc = config(tmp_path, text)
    rc.path.chmod(0o600)
    done = setup(rc)
    assert rc.path.read_bytes() == text.replace("Modified=false", "Modified=true").encode()
    assert rc.path.stat().st_mode & 0o777 == 0o600
    assert done.backup is not None
    assert done.backup.read_bytes() == text.encode()
    assert done.backup.stat().st_mode & 0o077 == 0
    assert sorted(tmp_path.iterdir()) == [rc.path, done.backup]


def test_an_older_backup_is_never_overwritten(tmp_path: Path) -> None:
    first = setup(config(tmp_path)).backup
    second = setup(config(tmp_path, READY.replace("Save Rating=true", "Save Rating=no"))).backup
    assert first
    assert second
    assert first.read_text() == FRESH
    assert "Save Rating=no" in second.read_text()


def test_a_digikamrc_that_cannot_be_written_leaves_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rc = config(tmp_path)
    write = atomic.replace

    def refuse(path: Path, *arguments: Any, **more: Any) -> None:
        if path == rc.path:
            raise SidecarError("cannot be written: Permission denied", path, "")
        write(path, *arguments, **more)

    monkeypatch.setattr(change, "replace", refuse)
    with pytest.raises(DigikamError, match="Permission denied"):
        setup(rc)
    assert [file.name for file in tmp_path.iterdir()] == ["digikamrc"]


def test_a_linked_digikamrc_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = config(tmp_path / "dotfiles")
    link = tmp_path / "digikamrc"
    link.symlink_to(real.path)
    setup(Config(link, "digiKam"))
    assert link.is_symlink()
    assert check(real) == []


def test_nothing_is_written_while_digikam_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rc = config(tmp_path)
    monkeypatch.setattr("iqsd.digikam.change.running_digikam", lambda rc: 4711)
    with pytest.raises(DigikamError, match="process 4711"):
        setup(rc)
    assert rc.path.read_text() == FRESH
    assert list(tmp_path.iterdir()) == [rc.path]


def test_a_digikam_that_writes_into_photos_keeps_doing_so(tmp_path: Path) -> None:
    rc = config(tmp_path, FRESH + "\n[Metadata Settings]\nSave Tags=true\n")
    setup(rc)
    assert "Metadata Writing Mode=2\n" in rc.path.read_text()


def test_a_digikam_that_writes_nothing_does_not_start_writing_into_photos(tmp_path: Path) -> None:
    rc = config(tmp_path)
    setup(rc)
    assert "Metadata Writing Mode=1\n" in rc.path.read_text()


@pytest.mark.parametrize("mode", ["1", "2"])
def test_either_way_of_writing_sidecars_is_fine(tmp_path: Path, mode: str) -> None:
    assert check(config(tmp_path, READY.replace("Mode=2", f"Mode={mode}"))) == []


@pytest.mark.parametrize("line", ["Use Lazy Synchronization=true", "Clear Metadata If Rescan=1"])
def test_what_would_lose_work_is_found_and_switched_off(tmp_path: Path, line: str) -> None:
    rc = config(tmp_path, READY + line + "\n")
    assert keys(rc) == {line.partition("=")[0]}
    setup(rc)
    assert check(rc) == []


def test_a_digikam_that_does_not_look_at_start_is_found(tmp_path: Path) -> None:
    rc = config(tmp_path, READY + "\n[General Settings]\nScan At Start=false\n")
    assert keys(rc) == {"Scan At Start"}


def test_sidecar_names_are_made_to_agree_if_digikam_has_no_sidecars_yet(tmp_path: Path) -> None:
    rc = config(tmp_path)
    assert setup(rc, Naming.BASE).left == ()
    assert "Use Compatible File Name=true\n" in rc.path.read_text()


def test_names_of_sidecars_in_use_are_left_to_the_person(tmp_path: Path) -> None:
    rc = config(tmp_path, READY + "Use Compatible File Name=true\n")
    before = rc.path.read_bytes()
    done = setup(rc)
    assert [(f.key, f.wanted) for f in done.left] == [("Use Compatible File Name", None)]
    assert done.left[0].problem.startswith("digiKam names a sidecar IMG.xmp, iqsd names it IMG.jpg.xmp;")
    assert 'naming = "base"' in done.left[0].problem
    assert rc.path.read_bytes() == before
    assert keys(rc, Naming.BASE) == set()
    (found,) = check(config(tmp_path, READY), Naming.BASE)
    assert found.problem.startswith("digiKam names a sidecar IMG.jpg.xmp, iqsd names it IMG.xmp;")
    assert 'naming = "full"' in found.problem


@pytest.mark.parametrize(("old", "new"), [("Mode=2", "Mode=0"), ("For Reading=true", "For Reading=false")])
def test_a_digikam_that_reads_or_writes_sidecars_has_some(tmp_path: Path, old: str, new: str) -> None:
    assert old in READY
    rc = config(tmp_path, READY.replace(old, new) + "Use Compatible File Name=true\n")
    assert [(f.key, f.wanted) for f in setup(rc).left] == [("Use Compatible File Name", None)]


def test_what_the_administrator_locked_is_left_and_named(tmp_path: Path) -> None:
    rc = config(tmp_path, READY.replace("Save Rating=true", "Save Rating[$i]=false").replace("Mode=2", "Mode=0"))
    done = setup(rc)
    assert [f.key for f in done.left] == ["Save Rating"]
    assert "administrator" in done.left[0].problem
    assert [f.key for f in done.changed] == ["Metadata Writing Mode"]


def test_the_first_run_assistant_is_not_skipped(tmp_path: Path) -> None:
    rc = config(tmp_path, "[General Settings]\nVersion=7.9.0\n")
    with pytest.raises(DigikamError, match="assistant"):
        setup(rc)


def database(folder: Path, rating: int, label: str, name: str = "photo.jpg") -> str:
    with contextlib.closing(sqlite3.connect(folder / "digikam4.db")) as made, made:
        made.executescript(
            """CREATE TABLE Images (id, status, name); CREATE TABLE ImageInformation (imageid, rating);
            CREATE TABLE ImageTags (imageid, tagid); CREATE TABLE Tags (id, name);
            INSERT INTO ImageTags VALUES (7, 1);"""
        )
        made.execute("INSERT INTO Images VALUES (7, 1, ?)", [name])
        made.execute("INSERT INTO ImageInformation VALUES (7, ?)", [rating])
        made.execute("INSERT INTO Tags VALUES (1, ?)", [f"Pick Label {label}"])
    return f"\n[Database Settings]\nDatabase Type=QSQLITE\nDatabase Name={folder}/\n"


@pytest.mark.parametrize(("rating", "label"), [(3, "None"), (-1, "Rejected")])
def test_stars_and_labels_that_only_digikam_knows_are_not_put_at_risk(tmp_path: Path, rating: int, label: str) -> None:
    rc = config(tmp_path, FRESH + database(tmp_path, rating, label))
    before = rc.path.read_bytes()
    with pytest.raises(DigikamError, match="1 photo has stars or labels in digiKam's database"):
        setup(rc)
    assert rc.path.read_bytes() == before
    assert setup(rc, force=True).changed


INTO_PHOTOS = READY.replace("Mode=2", "Mode=0")


@pytest.mark.parametrize("name", ["photo.nef", "photo.DNG", "photo.heic"])
def test_stars_of_photos_that_digikam_does_not_write_into_are_not_put_at_risk(tmp_path: Path, name: str) -> None:
    said = database(tmp_path, 3, "None", name)
    with pytest.raises(DigikamError, match="1 photo has stars or labels in digiKam's database"):
        setup(config(tmp_path, INTO_PHOTOS + said))
    written = INTO_PHOTOS.replace("Mode=0", "Mode=1").replace("Modified=true", "Modified=false")  # into sidecars
    assert setup(config(tmp_path, written + said)).changed


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.tif", "photo.webp", "film.mp4"])
def test_stars_that_digikam_wrote_into_the_photo_are_no_obstacle(tmp_path: Path, name: str) -> None:
    assert setup(config(tmp_path, INTO_PHOTOS + database(tmp_path, 3, "None", name))).changed


@pytest.mark.parametrize(
    ("folder", "written"),
    [
        ("Im\u00e1genes", "{home}/Im\u00e1genes/"),
        ("My  Pictures", "{home}/My\\s\\sPictures"),
        ("back\\slash", "{home}/back\\\\slash"),
        ("Pictures", "$HOME/Pictures"),
        ("Pictures", "~/Pictures"),
    ],
)
def test_the_database_is_found_however_its_path_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, written: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / folder).mkdir()
    database(tmp_path / folder, 4, "None")
    rc = config(tmp_path, FRESH + f"[Database Settings]\nDatabase Name[$e]={written.format(home=tmp_path)}\n")
    with pytest.raises(DigikamError, match="1 photo has stars"):
        setup(rc)


@pytest.mark.parametrize("trouble", ["another server", "damaged", "away"])
def test_a_database_that_cannot_be_looked_into_is_not_put_at_risk(tmp_path: Path, trouble: str) -> None:
    said = database(tmp_path, 4, "None")
    if trouble == "another server":
        said = said.replace("QSQLITE", "QMYSQL")
    elif trouble == "damaged":
        (tmp_path / "digikam4.db").write_bytes(b"no database " * 100)
    else:
        said = said.replace(f"{tmp_path}/", f"{tmp_path}/away/")
    rc = config(tmp_path, FRESH + said)
    with pytest.raises(DigikamError, match="an unknown number of photos have stars"):
        setup(rc)
    assert setup(rc, force=True).changed


def test_an_empty_or_missing_database_is_no_obstacle(tmp_path: Path) -> None:
    assert setup(config(tmp_path, FRESH + database(tmp_path, -1, "None"))).changed
    (tmp_path / "digikam4.db").unlink()
    assert setup(config(tmp_path, FRESH + f"[Database Settings]\nDatabase Name={tmp_path}/\n")).changed
    assert not (tmp_path / "digikam4.db").exists()


def test_every_digikam_of_the_user_is_found(tmp_path: Path) -> None:
    home = tmp_path / "home"
    places = {
        "digiKam": home / ".config",
        "digiKam (flatpak)": home / ".var/app/org.kde.digikam/config",
        "digiKam (snap)": home / "snap/digikam/current/.config",
    }
    for place in places.values():
        place.mkdir(parents=True)
        config(place)
    found = find_configs({"HOME": str(home)})
    assert {config.kind: config.path.parent for config in found} == places


def test_the_xdg_folder_is_searched(tmp_path: Path) -> None:
    config(tmp_path)
    assert find_configs({"HOME": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path)})[0].path == tmp_path / "digikamrc"


def test_without_digikam_the_user_is_told_to_start_it_once(tmp_path: Path) -> None:
    with pytest.raises(DigikamError, match="start digiKam once") as caught:
        find_configs({"HOME": str(tmp_path)})
    assert caught.value.exit_code is ExitCode.CONFIG


def test_a_user_without_a_home_has_no_digikam(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")  # as Path.home does

    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(DigikamError, match="no home folder"):
        find_configs({"XDG_CONFIG_HOME": "/config"})


def test_a_running_digikam_stops_the_setup_of_its_own_settings_only(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    for folder in (home, other):
        (folder / ".config").mkdir(parents=True)
    mine, others = config(home / ".config"), config(other / ".config")
    program = tmp_path / "digikam"
    program.symlink_to(sys.executable)
    process = subprocess.Popen([program, "-c", "input()"], stdin=subprocess.PIPE, env={"HOME": str(home)})
    try:
        with pytest.raises(DigikamError, match=f"process {process.pid}"):
            setup(mine)
        assert setup(others).changed
    finally:
        process.communicate(b"\n")
    assert setup(mine).changed


@pytest.mark.parametrize(
    ("stat", "command", "environment", "expected"),
    [
        ("1 (digikam) S 0", "digikam", "HOME={home}", True),
        ("1 (digikam) S 0", "digikam", "HOME=/elsewhere", False),
        ("1 (digikam) S 0", "/app/bin/digikam", "HOME=/elsewhere\0XDG_CONFIG_HOME={home}/.config", True),
        ("1 (digikam) S 0", "digikam", "", True),
        ("1 (AppRun.wrapped) S 0", "/mnt/appimage/usr/bin/digikam", "HOME={home}", True),
        ("1 (digikam) Z 0", "", "HOME={home}", False),
        ("1 (vim) S 0", "vim\0digikam", "HOME={home}", False),
    ],
)
def test_a_running_digikam_is_recognised_by_its_name_and_its_home(
    tmp_path: Path, stat: str, command: str, environment: str, expected: bool
) -> None:
    process = tmp_path / "proc" / "1"
    process.mkdir(parents=True)
    (process / "stat").write_text(stat)
    (process / "cmdline").write_text(command)
    (process / "environ").write_text(environment.format(home=tmp_path))
    assert (running_digikam(tmp_path / ".config" / "digikamrc", process.parent) == 1) is expected


def test_a_digikamrc_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    rc = Config(tmp_path / "digikamrc", "digiKam")
    with pytest.raises(DigikamError, match=f"{rc.path}: does not exist"):
        check(rc)
    rc.path.mkdir()
    with pytest.raises(DigikamError, match=f"{rc.path}: is not a regular file"):
        check(rc)


def test_digikam_must_write_colours_if_iqsd_does(tmp_path: Path) -> None:
    rc = config(tmp_path, READY)
    assert check(rc) == []
    (found,) = check(rc, colours=True)
    assert (found.key, found.wanted) == ("Save Color Label", "true")
    setup(rc, colours=True)
    assert check(rc, colours=True) == []
