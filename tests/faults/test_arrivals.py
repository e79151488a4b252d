"""How files arrive: slow writers, programs that copy and synchronise, moves into, out of and within the tree."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from iqsd.sidecars import read
from tests.conftest import INJECT, PHOTOS, Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import ONE_JUDGEMENT, Watched, tiny_photo, tiny_photos

POISON = "segfault"  # tests/faults/inject: a photo of this name that is opened crashes its decoder


def test_a_slow_writer_with_pauses_of_seven_seconds_is_waited_for(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, settings="")  # the default settling time
    watched.start()
    data = PHOTOS[0].read_bytes()
    photo = iqsd.pictures / "slow.jpg"
    with photo.open("wb") as file:
        for part in (data[:1000], data[1000:5000]):
            file.write(part)
            file.flush()
            time.sleep(7)
            assert watched.outcomes() == {}
        file.write(data[5000:])
    watched.all_rated([photo])
    assert watched.outcomes() == {("slow.jpg", "rated"): 1}


def test_a_writer_that_had_begun_before_the_daemon_is_waited_for(iqsd: Iqsd) -> None:
    photo = iqsd.pictures / "old.jpg"
    data = PHOTOS[0].read_bytes()
    with photo.open("wb") as file:
        file.write(data[:5000])
        file.flush()
        time.sleep(1)
        watched = Watched(iqsd)
        watched.start()
        time.sleep(2)
        assert watched.outcomes() == {}
        file.write(data[5000:])
    watched.all_rated([photo])


def test_rsync(iqsd: Iqsd) -> None:
    if shutil.which("rsync") is None:
        pytest.skip("needs rsync")
    photos = copy_photos(iqsd.home / "card" / "DCIM")
    watched = Watched(iqsd)
    watched.start()
    subprocess.run(["rsync", "-a", "--bwlimit=2000", f"{iqsd.home}/card/", iqsd.pictures], check=True)
    watched.all_rated([iqsd.pictures / "DCIM" / photo.name for photo in photos])


def test_rsync_syncthing_and_browsers(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    watched.start()
    data = PHOTOS[0].read_bytes()
    names = {
        ".a.jpg.Xy12Zw": "a.jpg",
        ".syncthing.b.jpg.tmp": "b.jpg",
        "~syncthing~c.jpg.tmp": "c.jpg",
        "d.jpg.part": "d.jpg",
        "e.jpg.crdownload": "e.jpg",
    }
    for temporary in names:
        (iqsd.pictures / temporary).write_bytes(data)
    time.sleep(1.5)
    assert not list(iqsd.pictures.glob("*.xmp"))
    for temporary, final in names.items():
        (iqsd.pictures / temporary).rename(iqsd.pictures / final)
        os.utime(iqsd.pictures / final, (0, 0))  # 1970: the photo's own date means nothing
    watched.all_rated([iqsd.pictures / final for final in names.values()])
    assert len(list(iqsd.pictures.glob("*.xmp"))) == len(names)


def test_cp_of_a_tree_and_mv_into_the_tree(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    watched.start()
    copy_photos(iqsd.home / "card" / "a" / "b" / "c", 3)
    subprocess.run(["cp", "-r", iqsd.home / "card", iqsd.pictures / "copied"], check=True)
    subprocess.run(["mv", iqsd.home / "card", iqsd.pictures / "moved"], check=True)
    photos = [iqsd.pictures / how / "a" / "b" / "c" / p.name for how in ("copied", "moved") for p in PHOTOS[:3]]
    wait_for(lambda: all(sidecar(photo).exists() for photo in photos))
    later = iqsd.pictures / "moved" / "a" / "b" / "later.jpg"  # the moved folder is watched, too
    later.write_bytes(tiny_photo())
    watched.all_rated([later])


def test_mv_out_of_the_tree_touches_nothing_there(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    watched.start()
    (iqsd.pictures / "sub").mkdir()
    time.sleep(0.5)
    (iqsd.pictures / "sub").rename(iqsd.home / "outside")
    photo = iqsd.home / "outside" / "a.jpg"
    photo.write_bytes(tiny_photo())
    time.sleep(1.5)
    assert not sidecar(photo).exists()
    assert watched.outcomes() == {}


def test_new_folders_that_are_filled_at_once_are_not_overlooked(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    watched.start()
    photos = []
    for number in range(100):
        folder = iqsd.pictures / f"{number}" / "x" / "y"
        folder.mkdir(parents=True)
        photos.append(folder / f"{number}.jpg")
        photos[-1].write_bytes(tiny_photo(number % 3))
    watched.all_rated(photos)


def test_a_folder_with_1000_photos_is_renamed_and_none_is_opened_again(iqsd: Iqsd) -> None:
    photos = tiny_photos(iqsd.pictures / "before", 1000)
    watched = Watched(iqsd, inject=ONE_JUDGEMENT)
    process = watched.start()
    wait_for(lambda: sum(watched.outcomes().values()) >= 1000, 90)
    before = {photo.name: sidecar(photo).read_bytes() for photo in photos}
    (iqsd.pictures / "before").rename(iqsd.pictures / "after")
    wait_for(lambda: watched.says("compared", "after (new folder): 1,000 photos"))
    later = iqsd.pictures / "after" / "later.jpg"
    later.write_bytes(tiny_photo())
    wait_for(lambda: ("later.jpg", "rated") in watched.outcomes())
    assert sum(watched.outcomes().values()) == 1001
    after = iqsd.pictures / "after"
    assert {p.name: sidecar(after / p.name).read_bytes() for p in photos} == before
    assert process.poll() is None


def test_a_renamed_photo_takes_its_rating_along_without_being_opened(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    watched = Watched(iqsd, inject=True)
    watched.start()
    watched.all_rated([photo])
    before = sidecar(photo).read_bytes()
    new = photo.rename(iqsd.pictures / f"{POISON}.jpg")
    wait_for(lambda: sidecar(new).exists())
    assert sidecar(new).read_bytes() == before
    time.sleep(1)
    assert sum(watched.outcomes().values()) == 1


def test_a_persons_rating_that_stayed_behind_follows_and_counts(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    watched = Watched(iqsd, inject=True)
    watched.start()
    watched.all_rated([photo])
    persons = sidecar(photo).read_text().replace('xmp:Rating="', 'xmp:Rating="2" xmp:Old="').encode()
    if b'xmp:Old="' not in persons:
        pytest.skip("the sidecar is not written with attributes")
    sidecar(photo).write_bytes(persons)
    (iqsd.pictures / "album").mkdir()
    new = photo.rename(iqsd.pictures / "album" / f"{POISON}.jpg")
    wait_for(lambda: sidecar(new).exists())
    wait_for(lambda: len(watched.outcomes()) >= 1)
    time.sleep(1)
    assert read(new).rating == 2
    assert read(new).rating_is_persons
    assert (f"{POISON}.jpg", "failed") not in watched.outcomes()


def test_a_sidecar_that_comes_just_after_its_photo_is_seen_first(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, settings="[watch]\nsettle_seconds = 5\n")
    watched.start()
    for _ in range(6):  # each restarts the wait; together they last longer than the settling time
        (photo,) = copy_photos(iqsd.pictures, 1)
        time.sleep(1)
    base = photo.with_suffix(".xmp")
    base.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="1"/></rdf:RDF></x:xmpmeta>'
    )
    wait_for(lambda: len(watched.outcomes()) >= 1)
    assert read(photo).rating == 1
    assert read(photo).rating_is_persons


def test_a_sidecar_that_comes_much_later_is_heeded_at_once(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    watched.start()
    (photo,) = copy_photos(iqsd.pictures, 1)
    watched.all_rated([photo])
    assert not read(photo).rating_is_persons
    photo.with_suffix(".xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="1"/></rdf:RDF></x:xmpmeta>'
    )
    wait_for(lambda: 'xmp:Rating="1"' in sidecar(photo).read_text() or "<xmp:Rating>1<" in sidecar(photo).read_text())


def test_a_photo_deleted_before_it_has_settled_or_while_it_is_judged_leaves_nothing(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, inject=True)
    process = watched.start()
    early = iqsd.pictures / "early.jpg"
    early.write_bytes(tiny_photo())
    early.unlink()
    (iqsd.pictures / "vanishing.jpg").write_bytes(tiny_photo())  # tests/faults/inject deletes it while it is judged
    wait_for(lambda: watched.says("vanishing.jpg: gone before it could be rated"))
    assert sorted(watched.outcomes()) == [("vanishing.jpg", "gone")]
    assert list(iqsd.pictures.iterdir()) == []
    assert process.poll() is None


def test_the_injected_faults_are_there() -> None:
    assert POISON in (INJECT / "sitecustomize.py").read_text()


def test_links_loops_pipes_sockets_and_devices_are_left_alone(iqsd: Iqsd, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Path(copy_photos(iqsd.home / "outside", 1)[0])
    (iqsd.pictures / "loop").symlink_to(iqsd.pictures, target_is_directory=True)
    (iqsd.pictures / "out").symlink_to(outside.parent, target_is_directory=True)
    (iqsd.pictures / "self.jpg").symlink_to("self.jpg")
    os.mkfifo(iqsd.pictures / "pipe.jpg")
    with monkeypatch.context() as here, socket.socket(socket.AF_UNIX) as server:
        here.chdir(iqsd.pictures)  # a socket's path may have at most 107 characters; the tests' own may be longer
        server.bind("socket.jpg")
    (iqsd.pictures / "device.jpg").symlink_to("/dev/zero")
    (good,) = copy_photos(iqsd.pictures, 1)
    watched = Watched(iqsd)
    process = watched.start()
    watched.all_rated([good])
    for bad in ("self.jpg", "pipe.jpg", "socket.jpg", "device.jpg"):
        assert watched.says(bad)
    assert not sidecar(outside).exists()
    assert [p.name for p in iqsd.pictures.glob("*.xmp")] == [f"{good.name}.xmp"]
    assert process.poll() is None


@pytest.mark.parametrize(
    "name", ["ä\u0301e.jpg", "new\nline.jpg", "x" * 240 + ".jpg", os.fsdecode(b"caf\xe9.jpg"), "-n.jpg"]
)
def test_odd_names_arrive(iqsd: Iqsd, name: str) -> None:
    watched = Watched(iqsd)
    watched.start()
    photo = iqsd.pictures / name
    photo.write_bytes(tiny_photo())
    wait_for(lambda: sidecar(photo).exists())
    too_long = iqsd.pictures / ("y" * 251 + ".jpg")
    too_long.write_bytes(tiny_photo())
    wait_for(lambda: watched.says("yyyy", "name"))
