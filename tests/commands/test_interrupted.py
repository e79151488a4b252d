"""`iqsd rescan` interrupted halfway, even by SIGKILL: the next run continues where it stopped."""

from collections import Counter

from tests.conftest import Iqsd, sidecar, wait_for
from tests.faults.watched import identities, tiny_photos

EACH_BY_ITSELF = "[watch]\nsettle_seconds = 0.3\n[rating]\nburst_seconds = 0\n"
"""No bursts: these photos are alike, and the frames of a burst are rightly written again when it is complete."""


def test_a_killed_rescan_goes_on_where_it_was_and_writes_no_sidecar_twice(iqsd: Iqsd) -> None:
    iqsd.configure(EACH_BY_ITSELF)
    photos = tiny_photos(iqsd.pictures / "a", 40) + tiny_photos(iqsd.pictures / "b", 40)
    written: dict[str, tuple[int, int]] = {}
    for times in range(2):
        process = iqsd.start("rescan", iqsd.pictures)
        wait_for(lambda times=times: len(identities(iqsd.pictures)) > 15 * (times + 1), 100)  # type: ignore[misc]
        process.kill()
        process.wait()
        found = identities(iqsd.pictures)
        assert len(found) < len(photos)  # it was killed before the end
        assert {path: found[path] for path in written} == written
        written = found
    assert Counter(line["status"] for line in iqsd.rescan()) == {
        "unchanged": len(written),
        "rated": len(photos) - len(written),
    }
    after = identities(iqsd.pictures)
    assert set(after) == {str(sidecar(photo)) for photo in photos}
    assert {path: after[path] for path in written} == written
    assert {path.suffix for path in iqsd.pictures.rglob("*") if path.is_file()} == {".jpg", ".xmp"}
