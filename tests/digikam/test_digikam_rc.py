"""digikamrc is read as KDE reads it, and a change touches nothing but the key."""

from __future__ import annotations

import pytest

from iqsd.digikam.kconfig import KConfig

RC = b"""# a comment
[$Version]
update_info=digikam.upd:x

[Album Settings]
Album Monitoring=false
Name[de]=Bilder\xc2\x85
Name=Photos

[Metadata Settings][Nested]
Save Rating=true

[Metadata Settings]
Save Rating = false\t
Save Rating[de]=true
Writing Mode[$e]=$MODE
Odd[$d]
not a key
broken[de=1
=nameless
[broken
Save Tags=true
"""


@pytest.mark.parametrize(
    ("group", "key", "value"),
    [
        ("Album Settings", "Album Monitoring", "false"),
        ("Album Settings", "Name", "Photos"),
        ("Metadata Settings", "Save Rating", "false"),
        ("Metadata Settings", "Writing Mode", "$MODE"),
        ("Metadata Settings", "Save Tags", "true"),
        ("Metadata Settings", "Odd", None),
        ("Metadata Settings", "Absent", None),
        ("Absent", "Save Rating", None),
    ],
)
def test_a_key_is_read_in_its_own_group_only(group: str, key: str, value: str | None) -> None:
    assert KConfig(RC).get(group, key) == value


def test_the_last_of_several_values_counts() -> None:
    rc = KConfig(b"[A]\nk=1\n[B]\nk=2\n[A]\nk=3\n")
    assert rc.get("A", "k") == "3"
    assert rc.with_value("A", "k", "4").data == b"[A]\nk=1\n[B]\nk=2\n[A]\nk=4\n"


def test_a_deleted_key_is_not_set() -> None:
    rc = KConfig(b"[A]\nk=1\nk[$d]\nz=1\n")
    assert rc.get("A", "k") is None
    assert rc.with_value("A", "k", "2").data == b"[A]\nk=1\nk=2\nz=1\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[A]\nk=1\n", b"[A]\nk=true\n"),
        (b"[A]\n k = 1 \n", b"[A]\n k = true\n"),
        (b"[A]\nk=\n", b"[A]\nk=true\n"),
        (b"[A]\nk[$e]=$x=y\n", b"[A]\nk[$e]=true\n"),
        (b"[A]\r\nk=1\r\nz=\xff\r\n", b"[A]\r\nk=true\r\nz=\xff\r\n"),
        (b"[A]\nk=1", b"[A]\nk=true"),
        (b"[A]\nz=1\n\n\n[B]\n", b"[A]\nz=1\nk=true\n\n\n[B]\n"),
        (b"[A]\nz=1", b"[A]\nz=1\nk=true\n"),
        (b"[A]\r\n\r\n[B]\r\n", b"[A]\r\nk=true\r\n\r\n[B]\r\n"),
        (b"[A][B]\nk=1\n", b"[A][B]\nk=1\n\n[A]\nk=true\n"),
        (b"# nothing\n", b"# nothing\n\n[A]\nk=true\n"),
        (b"", b"[A]\nk=true\n"),
        (b"[A]\nk[de]=1\n", b"[A]\nk[de]=1\nk=true\n"),
        (b"[A]\n#k=1\n", b"[A]\nk=true\n#k=1\n"),
    ],
)
def test_setting_a_key_leaves_every_other_byte(before: bytes, after: bytes) -> None:
    changed = KConfig(before).with_value("A", "k", "true")
    assert changed.data == after
    assert changed.get("A", "k") == "true"


def test_any_bytes_come_out_as_they_went_in() -> None:
    odd = RC + bytes(range(256)) + b"\n\xe2\x80\xa8\x0b\x0c\x1c\x85"
    assert KConfig(odd).data == odd


@pytest.mark.parametrize(
    "data", [b"[$i]\n[A]\nk=1\n", b"[A][$i]\nk=1\n", b"[A]\nk[$i]=1\n", b"[A]\nk[$ie]=1\n", b"[A]\nk[$e][$i]=1\n"]
)
def test_what_the_administrator_locked_is_recognised_as_locked(data: bytes) -> None:
    assert KConfig(data).is_locked("A", "k")


@pytest.mark.parametrize("data", [b"[B][$i]\nk=1\n[A]\nk=1\n", b"[A]\nz[$i]=1\nk=1\n", b"[A][B][$i]\nk=1\n", b""])
def test_a_lock_elsewhere_locks_nothing_here(data: bytes) -> None:
    assert not KConfig(data).is_locked("A", "k")


def test_nothing_after_a_locked_line_counts() -> None:
    assert KConfig(b"[A]\nk[$i]=1\nk=2\n").get("A", "k") == "1"
