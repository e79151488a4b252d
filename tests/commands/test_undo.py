"""`iqsd undo`: everything is as it was before iqsd, except what a person has changed since."""

import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from iqsd import sidecars, undoing
from iqsd.journal import Journal, Status
from iqsd.sidecars import read
from tests.commands.test_persons_values import PACKET, embed
from tests.conftest import Iqsd, copy_photos, digest, sidecar, wait_for


def test_sidecars_that_iqsd_made_are_gone_and_others_are_as_they_were(iqsd: Iqsd) -> None:
    photos = copy_photos(iqsd.pictures, 3)
    sidecar(photos[0]).write_text(PACKET.format(values='xmp:CreatorTool="mine"'))
    embed(photos[1], "xmp", {"Xmp.dc.subject": ["kept"]})
    before = digest(iqsd.pictures)
    iqsd.rescan()
    done = iqsd.run("undo", iqsd.pictures)
    assert done.returncode == 0
    assert "3 taken back, of which 0 keep" in done.stdout
    assert digest(iqsd.pictures) == before


@pytest.mark.parametrize("naming", ["full", "base"])
def test_sidecars_that_iqsd_made_for_photos_since_deleted_are_gone_too(iqsd: Iqsd, naming: str) -> None:
    iqsd.configure(f'[watch]\nsettle_seconds = 0\n[sidecars]\nnaming = "{naming}"\n')
    first, second, third = copy_photos(iqsd.pictures, 3)
    iqsd.rescan()
    rated = [photo.with_suffix(".xmp") if naming == "base" else sidecar(photo) for photo in (first, second, third)]
    persons = re.sub('xmp:Rating="."', 'xmp:Rating="-1"', rated[1].read_text())
    rated[1].write_text(persons)
    shutil.copy(rated[0], sidecar(first) if naming == "base" else first.with_suffix(".xmp"))  # counted only once
    first.unlink()
    second.unlink()
    assert "3 would be taken back" in iqsd.run("undo", iqsd.pictures, "--dry-run").stdout
    assert all(map(Path.exists, rated))
    done = iqsd.run("undo", iqsd.pictures)
    assert done.returncode == 0
    assert [path.exists() for path in rated] == [False, True, False]
    left = rated[1].read_text()
    assert 'xmp:Rating="-1"' in left
    assert "iqsd:" not in left.replace("xmlns:iqsd", "")
    assert "0 taken back" in iqsd.run("undo", iqsd.pictures).stdout


def test_a_photo_whose_extension_has_changed_in_case_is_taken_back_once(iqsd: Iqsd) -> None:
    iqsd.configure('[watch]\nsettle_seconds = 0\n[sidecars]\nnaming = "base"\n')
    (photo,) = copy_photos(iqsd.pictures, 1)
    photo.with_suffix(".xmp").write_text(PACKET.format(values='xmp:Rating="4"'))
    before = photo.with_suffix(".xmp").read_bytes()
    iqsd.rescan()
    photo.rename(photo.with_suffix(".JPG"))
    assert "1 would be taken back" in iqsd.run("undo", iqsd.pictures, "--dry-run").stdout
    done = iqsd.run("undo", iqsd.pictures)
    assert (done.returncode, done.stderr) == (0, "")
    assert photo.with_suffix(".xmp").read_bytes() == before


def test_it_works_without_the_journal(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 2)
    before = digest(iqsd.pictures)
    iqsd.rescan()
    shutil.rmtree(iqsd.journal.parent)
    iqsd.run("undo", iqsd.pictures)
    assert digest(iqsd.pictures) == before


def test_what_a_person_changed_since_stays(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    (line,) = iqsd.rescan()
    mine = 5 if line["rating"] != 5 else 4
    file = sidecar(photo)
    text = file.read_text().replace(f'xmp:Rating="{line["rating"]}"', f'xmp:Rating="{mine}"')
    file.write_text(text.replace('digiKam:PickLabel="3"', 'digiKam:PickLabel="1"'))
    done = iqsd.run("undo", iqsd.pictures)
    assert "taken back, pick label left to the person, rating left to the person\n" in done.stdout
    state = read(photo)
    assert (state.rating, state.pick_label, state.record) == (mine, 1, None)


def test_what_force_overwrote_comes_back(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    sidecar(photo).write_text(PACKET.format(values='xmp:Rating="-1" digiKam:PickLabel="2"'))
    before = digest(iqsd.pictures)
    iqsd.rescan("--force")
    assert digest(iqsd.pictures) != before
    iqsd.run("undo", iqsd.pictures)
    assert digest(iqsd.pictures) == before


def test_a_rescan_undoes_the_undo_without_opening_a_photo_again(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 2)
    first = iqsd.rescan()
    iqsd.run("undo", iqsd.pictures)
    again = iqsd.rescan()
    assert {line["status"] for line in again} == {"rated"}
    assert {line["path"]: line["written"] for line in again} == {line["path"]: line["written"] for line in first}
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}


def test_the_daemon_leaves_alone_what_was_taken_back(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    iqsd.run("undo", iqsd.pictures)
    iqsd.watch()
    (other,) = copy_photos(iqsd.pictures / "later", 1)
    wait_for(lambda: sidecar(other).exists())
    assert not sidecar(photo).exists()


def test_since_takes_back_only_what_is_newer(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    assert "0 taken back" in iqsd.run("undo", iqsd.pictures, "--since", "2999-01-01").stdout
    assert "1 taken back" in iqsd.run("undo", iqsd.pictures, "--since", "2020-01-01T12:00:00").stdout


def test_a_dry_run_says_what_would_be_taken_back_and_writes_nothing(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    before = digest(iqsd.pictures)
    assert "1 would be taken back" in iqsd.run("undo", iqsd.pictures, "--dry-run").stdout
    assert digest(iqsd.pictures) == before


def test_a_dry_run_names_what_is_write_protected_as_the_run_itself_does(iqsd: Iqsd) -> None:
    protected, linked, free = copy_photos(iqsd.pictures, 3)
    iqsd.rescan()
    sidecar(protected).chmod(0o444)
    sidecar(linked).rename(iqsd.home / "annexed")
    sidecar(linked).symlink_to(iqsd.home / "annexed")
    iqsd.configure("[rating]\nreject_below = 100\naccept_from = 100\nstars = [99, 99, 99, 100]\n")
    for command in ("rescan", "undo"):
        told = iqsd.run(command, iqsd.pictures, "--json", "--dry-run")
        done = iqsd.run(command, iqsd.pictures, "--json")
        assert sorted(told.stdout.splitlines()) == sorted(done.stdout.splitlines())
        assert told.returncode == done.returncode == 1
        assert [free.name in line for line in done.stdout.splitlines() if "error" not in line] == [True]


def test_photos_that_iqsd_wrote_into_are_left_alone_by_the_daemon_after_an_undo(iqsd: Iqsd) -> None:
    iqsd.configure('[watch]\nsettle_seconds = 0.3\n[sidecars]\nwrite = "embedded"\n')
    copy_photos(iqsd.pictures, 1)
    before = digest(iqsd.pictures)
    iqsd.rescan()
    assert digest(iqsd.pictures) != before
    iqsd.run("undo", iqsd.pictures)
    iqsd.start("start", iqsd.pictures)
    wait_for(lambda: "compared" in iqsd.log.read_text())
    assert " 0 new or changed" in iqsd.log.read_text()
    assert digest(iqsd.pictures) == before


@pytest.mark.parametrize("since", ["", "rated again", "rated by a person"])
def test_what_iqsd_wrote_into_photos_is_taken_back_after_it_was_told_to_write_sidecars(iqsd: Iqsd, since: str) -> None:
    iqsd.configure('[sidecars]\nwrite = "embedded"\n')
    (photo,) = copy_photos(iqsd.pictures, 1)
    before = digest(iqsd.pictures)
    iqsd.rescan()
    iqsd.configure("")
    if since == "rated again":
        iqsd.rescan("--force")
    elif since == "rated by a person":
        sidecar(photo).write_text(PACKET.format(values='xmp:Rating="4" digiKam:PickLabel="1"'))
        before |= {sidecar(photo).name: digest(iqsd.pictures)[sidecar(photo).name]}
    assert "1 taken back" in iqsd.run("undo", iqsd.pictures).stdout
    assert digest(iqsd.pictures) == before


def test_a_folder_is_the_same_however_it_is_named(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    (iqsd.home / "elsewhere").mkdir()
    assert iqsd.run("undo", iqsd.home / "elsewhere" / ".." / iqsd.pictures.name).returncode == 0
    with Journal(iqsd.journal) as journal:
        entry = journal.get(photo)
    assert entry is not None
    assert entry.state is Status.UNDONE


def test_a_linked_folder_is_named_as_the_daemon_names_it(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures / "2024", 1)
    link = iqsd.home / "Linked"
    link.symlink_to(iqsd.pictures)
    iqsd.configure(f'[watch]\nsettle_seconds = 0.3\nfolders = ["{link}"]\n')
    assert "1 rated" in iqsd.run("rescan").stdout
    assert "1 unchanged" in iqsd.run("rescan", ".", cwd=iqsd.pictures).stdout
    assert iqsd.run("undo", ".", cwd=iqsd.pictures / "2024").returncode == 0
    with Journal(iqsd.journal) as journal:
        assert list(journal.counts()) == ["undone", "set_aside"]
        assert journal.folders(link) == [link / "2024"]


def test_what_cannot_be_looked_at_is_reported_and_costs_the_others_nothing(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    before = digest(iqsd.pictures)
    iqsd.rescan()
    (iqsd.pictures / "link.jpg").symlink_to(iqsd.home / "nowhere")
    done = iqsd.run("undo", iqsd.pictures)
    assert done.returncode == 1
    assert "link.jpg: " in done.stderr
    assert digest(iqsd.pictures) == before


def test_since_skips_records_without_a_date(iqsd: Iqsd) -> None:
    (photo, other) = copy_photos(iqsd.pictures, 2)
    iqsd.rescan()
    for each, date in ((photo, ""), (other, "2024-01-01T00:00:00")):
        text = sidecar(each).read_text()
        sidecar(each).write_text(re.sub(r'iqsd:date="[^"]*"', f'iqsd:date="{date}"', text))
    done = iqsd.run("undo", iqsd.pictures, "--since", "2023-12-31")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 taken back" in done.stdout


def test_undo_reports_no_removed_sidecar_if_iqsd_wrote_into_the_photo(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    iqsd.configure('[watch]\nsettle_seconds = 0.3\n[sidecars]\nwrite = "embedded"\n')
    iqsd.rescan()
    undone = iqsd.run("undo", iqsd.pictures, "--json")
    assert json.loads(undone.stdout)["sidecar_removed"] is False
    iqsd.rescan()
    assert ": taken back\n" in iqsd.run("undo", iqsd.pictures).stdout
    iqsd.configure("[watch]\nsettle_seconds = 0.3\n")
    iqsd.rescan()
    iqsd.configure('[watch]\nsettle_seconds = 0.3\n[sidecars]\nwrite = "embedded"\n')
    iqsd.rescan()
    assert "sidecar removed" in iqsd.run("undo", iqsd.pictures).stdout  # there was one as well


def test_the_daemon_leaves_alone_what_was_taken_back_under_another_name_of_its_folder(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.home / "disk", 1)  # not a watched folder
    link = iqsd.home / "Linked"
    link.symlink_to(photo.parent)
    iqsd.run("rescan", link)
    assert "1 taken back" in iqsd.run("undo", photo.parent).stdout
    with Journal(iqsd.journal) as journal:
        known = [journal.get(name) for name in (photo, link / photo.name)]
    assert [entry and entry.state for entry in known] == [Status.UNDONE, Status.UNDONE]


def test_a_persons_change_in_the_second_of_two_sidecars_is_reported(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    second = photo.with_suffix(".xmp")
    second.write_text(PACKET.format(values='xmp:Label="Blue"'))
    iqsd.rescan()
    second.write_text(re.sub(r'xmp:Rating="\d"|<xmp:Rating>\d</xmp:Rating>', "", second.read_text(), count=1))
    assert "rating left to the person" in iqsd.run("undo", iqsd.pictures).stdout


def test_it_does_not_affect_another_name_of_the_file_when_the_one_taken_back_is_deleted(iqsd: Iqsd) -> None:
    (first,) = copy_photos(iqsd.pictures / "a", 1)
    second = iqsd.pictures / "b" / "second.jpg"
    second.parent.mkdir()
    second.hardlink_to(first)
    iqsd.rescan()
    iqsd.run("undo", first.parent)
    first.unlink()
    (last,) = copy_photos(iqsd.pictures / "c", 1)
    iqsd.start("start", iqsd.pictures)
    wait_for(sidecar(last).exists)
    with Journal(iqsd.journal) as journal:
        entry = journal.get(second)
    assert entry is not None
    assert entry.state is Status.RATED


def test_a_photo_that_iqsd_had_written_into_need_not_be_opened_to_be_rated_again(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    photo = photo.rename(photo.with_name("segfault.jpg"))
    iqsd.configure('[watch]\nsettle_seconds = 0.3\n[sidecars]\nwrite = "embedded"\n')
    iqsd.rescan()
    iqsd.run("undo", iqsd.pictures)
    iqsd.inject_faults()  # from now on it crashes its decoder
    assert {line["status"] for line in iqsd.rescan()} == {"rated"}


def test_what_was_taken_back_without_the_journal_is_left_alone_under_another_name_too(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    iqsd.journal.unlink()
    assert iqsd.run("undo", iqsd.pictures).returncode == 0
    renamed = photo.rename(photo.with_name("renamed.jpg"))
    (fresh,) = copy_photos(iqsd.pictures / "fresh", 1)
    iqsd.start("start", iqsd.pictures)
    wait_for(sidecar(fresh).exists)
    wait_for(lambda: "compared" in iqsd.log.read_text())
    assert not sidecar(renamed).exists()


def test_what_was_taken_back_before_ctrl_c_is_remembered(iqsd: Iqsd, monkeypatch: pytest.MonkeyPatch) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    real = sidecars.undo

    def undo(*arguments: Any, **more: Any) -> sidecars.Undone:
        done = real(*arguments, **more)
        signal.raise_signal(signal.SIGINT)
        return done

    monkeypatch.setattr(sidecars, "undo", undo)
    with Journal(iqsd.journal) as journal:
        with pytest.raises(KeyboardInterrupt):
            list(undoing.undo([iqsd.pictures], sidecars.Options(), journal, None, dry_run=False))
        entry = journal.get(photo)
    assert not sidecar(photo).exists()
    assert entry is not None
    assert entry.state is Status.UNDONE


def test_a_photo_that_changed_before_the_undo_is_not_rated_again_by_its_old_figures(iqsd: Iqsd) -> None:
    photo, other = copy_photos(iqsd.pictures, 2)
    scores = {line["path"]: line["score"] for line in iqsd.rescan()}
    photo.write_bytes(other.read_bytes())
    iqsd.run("undo", iqsd.pictures)
    again = {line["path"]: line["score"] for line in iqsd.rescan()}
    assert again == {str(photo): scores[str(other)], str(other): scores[str(other)]}
