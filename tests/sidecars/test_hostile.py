"""Files that nobody should have to open: untouched, with one clear line, and with no effect on the next one."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iqsd.errors import SidecarError
from iqsd.sidecars import read, undo

from .sidecar_making import OTHER_PEOPLES, RDF, TITLE, jpeg, photo_in, png, rate, sidecar_of, xmp

PIECES = [
    b"<",
    b">",
    b'"',
    b"/>",
    b"<!--",
    b"]]>",
    b"&",
    b" rdf:",
    b"<rdf:li/>",
    b'xmlns="',
    b"<![CDATA[",
    b"<?x ?>",
    b"\r\n",
]
Make = Callable[[bytes], bytes]
HEAD = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'.encode()
TAIL = b"</rdf:RDF></x:xmpmeta>"
DESCRIPTION = b'<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
BOMB = b"".join(b'<!ENTITY %c "%s">' % (97 + n, b"aaaaaaaaaa" if n == 0 else b"&%c;" % (96 + n) * 10) for n in range(9))
MALFORMED = {
    "empty": (b"", "is empty"),
    "zeros after a power cut": (bytes(4096), "is empty"),
    "truncated": (xmp(TITLE)[:700], "not well-formed"),
    "garbage": (b"hello\x00\x01world", "not well-formed"),
    "utf-16": (xmp(TITLE).decode().encode("utf-16"), "UTF-16"),
    "latin-1": (b'<?xml version="1.0" encoding="iso-8859-1"?>' + HEAD + DESCRIPTION + b"/>" + TAIL, "encoding"),
    "not really utf-8": (HEAD + DESCRIPTION + b' xmp:Label="\xe9"/>' + TAIL, "not well-formed"),
    "entity bomb": (
        b"<!DOCTYPE x [" + BOMB + b"]>" + HEAD + DESCRIPTION + b' xmp:Label="&i;"/>' + TAIL,
        "document type",
    ),
    "outside entity": (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "/etc/passwd">]>' + HEAD + DESCRIPTION + b">&e;</rdf:Description>" + TAIL,
        "document type",
    ),
    "50 MB": (HEAD + DESCRIPTION + b"/>" + b" " * 50_000_000 + TAIL, "has more than the 20 MB that are read"),
    "3000 levels": (
        HEAD + DESCRIPTION + b">" + b"<xmp:a>" * 3000 + b"</xmp:a>" * 3000 + b"</rdf:Description>" + TAIL,
        "nested",
    ),
    "twice": (
        HEAD + DESCRIPTION + b' xmp:Rating="2"><xmp:Rating>5</xmp:Rating></rdf:Description>' + TAIL,
        "more than once",
    ),
    "twice by two prefixes": (
        HEAD + DESCRIPTION + b' xmlns:xap="http://ns.adobe.com/xap/1.0/" xmp:Rating="2" xap:Rating="4"/>' + TAIL,
        "more than once",
    ),
    "digiKam rebound": (
        HEAD + b'<rdf:Description rdf:about="" xmlns:digiKam="urn:evil" digiKam:x="1"/>' + TAIL,
        "prefix digiKam",
    ),
    "undeclared prefix": (HEAD + b'<rdf:Description rdf:about="" xmp:Rating="1"/>' + TAIL, "without declaring"),
    "of two photos": (
        HEAD + b'<rdf:Description rdf:about="a"/><rdf:Description rdf:about="b"/>' + TAIL,
        "more than one thing",
    ),
    "no rdf": (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>', "no rdf:RDF"),
    "html": (b"<html><body>404</body></html>", "no rdf:RDF"),
    "bare rdf": (b'<rdf:RDF xmlns:rdf="%s"></rdf:RDF>' % RDF.encode(), "digiKam and darktable do not read"),
    "comment first": (b"<!-- hello -->" + HEAD + DESCRIPTION + b"/>" + TAIL, "digiKam and darktable do not read"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_sidecar_is_left_as_it_is_and_named(tmp_path: Path, name: str) -> None:
    data, reason = MALFORMED[name]
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, data)
    before = sidecar.stat()
    started = time.process_time()
    for action in (read, rate, undo):
        with pytest.raises(SidecarError, match=reason) as raised:
            action(photo)
        assert raised.value.path == sidecar
        assert "\n" not in str(raised.value)
    assert time.process_time() - started < 3
    assert (sidecar.read_bytes(), sidecar.stat().st_mtime_ns) == (data, before.st_mtime_ns)
    following = photo_in(tmp_path, "next.jpg", jpeg(xmp(TITLE, xmp_Rating=0)))
    assert rate(following).rating == 3


def test_a_directory_or_a_device_with_the_name_of_a_sidecar(tmp_path: Path) -> None:
    folder, pipe, null = (photo_in(tmp_path, name) for name in ("a.jpg", "b.jpg", "c.jpg"))
    sidecar_of(folder).mkdir()
    os.mkfifo(sidecar_of(pipe))
    sidecar_of(null).symlink_to("/dev/zero")
    for photo in (folder, pipe, null):
        for action in (read, rate):
            with pytest.raises(SidecarError, match="not a regular file"):
                action(photo)


def test_a_linked_sidecar_is_read_but_never_replaced(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    target = tmp_path / "elsewhere"
    target.write_bytes(xmp(xmp_Rating=4))
    sidecar_of(photo).symlink_to(target)
    assert read(photo).rating == 4
    with pytest.raises(SidecarError, match="symbolic link"):
        rate(photo, 2, 2)
    target.unlink()
    with pytest.raises(SidecarError, match="broken link"):
        read(photo)
    assert sidecar_of(photo).is_symlink()


@pytest.mark.parametrize("make", [jpeg, png])
def test_embedded_xmp_that_rebinds_a_prefix_does_not_reach_the_next_photo(tmp_path: Path, make: Make) -> None:
    evil = make(HEAD + b'<rdf:Description rdf:about="" xmlns:digiKam="urn:evil" digiKam:PickLabel="1"/>' + TAIL)
    with pytest.raises(SidecarError):
        read(photo_in(tmp_path, "evil.jpg", evil))
    for number in range(3):
        good = photo_in(tmp_path, f"good{number}.jpg", make(xmp(TITLE, digiKam_PickLabel=3)))
        assert read(good).pick_label == 3
        assert rate(good).pick_label is None
        assert b"A day" in sidecar_of(good).read_bytes()


@pytest.mark.parametrize("packet", [b"<x:xmpmeta", b"", bytes(50), HEAD + b"&" + TAIL])
def test_damaged_embedded_xmp_that_cannot_hold_a_rating_is_no_obstacle(tmp_path: Path, packet: bytes) -> None:
    photo = photo_in(tmp_path, data=jpeg(packet))
    assert rate(photo).rating == 3


@pytest.mark.parametrize("packet", [xmp(TITLE, xmp_Rating=4)[:-60], xmp(TITLE, digiKam_PickLabel=1)[:-60]])
@pytest.mark.parametrize("make", [jpeg, png])
def test_damaged_embedded_xmp_that_may_hold_a_rating_stops_iqsd(tmp_path: Path, packet: bytes, make: Make) -> None:
    photo = photo_in(tmp_path, data=make(packet))
    for action in (read, rate):
        with pytest.raises(SidecarError) as raised:
            action(photo)
        assert raised.value.path == photo
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\xff\xd8", b"\xff\xd8\xff\xe1\xff\xff", b"\x89PNG\r\n\x1a\n", jpeg()[:30], bytes(1000)]
)
def test_a_file_that_is_not_a_photo_has_no_rating(tmp_path: Path, data: bytes) -> None:
    state = read(photo_in(tmp_path, data=data))
    assert (state.rating, state.rating_is_persons) == (None, False)


def test_a_photo_that_is_gone_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SidecarError, match="No such file"):
        read(tmp_path / "gone.jpg")


@pytest.mark.parametrize("score", ["-1000", "100.1", "1e400", "nan"])
def test_a_record_with_an_invalid_score_is_no_record(tmp_path: Path, score: str) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    data = sidecar_of(photo).read_bytes()
    assert read(photo).record is not None
    sidecar_of(photo, data.replace(b'score="61.5"', f'score="{score}"'.encode()))
    state = read(photo)
    assert (state.record, state.rating_is_persons, state.pick_label_is_persons) == (None, True, True)


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for number, data in enumerate([b"", jpeg(b"<x:xmpmeta"), png(xmp(TITLE)[:-80]), png(xmp(TITLE)), b"\xff\xd8\xff"]):
        read(photo_in(tmp_path, f"{number}.jpg", data))
    assert capfd.readouterr() == ("", "")


def test_a_tag_that_ends_before_it_seems_to_is_refused_or_harmless(tmp_path: Path) -> None:
    data = xmp(TITLE)
    stray = re.sub(rb'(rdf:about=""\s*)', rb"\1>", data, count=1)
    assert stray != data
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, stray)
    with contextlib.suppress(SidecarError):
        rate(photo)
        undo(photo)
    assert sidecar.read_bytes() == stray


@settings(max_examples=200)
@given(data=st.data(), name=st.sampled_from(sorted(OTHER_PEOPLES)))
def test_any_damage_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str
) -> None:
    content = bytearray(OTHER_PEOPLES[name])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3) | st.sampled_from(PIECES))
    photo = photo_in(tmp_path_factory.getbasetemp())
    sidecar = sidecar_of(photo, bytes(content))
    try:
        rate(photo, 3, 2)
        rate(photo, 4, 1)
        undo(photo)
    except SidecarError as error:
        assert "\n" not in str(error)
    assert sidecar.read_bytes() == bytes(content)
