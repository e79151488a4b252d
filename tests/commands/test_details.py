"""What a run leaves in the journal for the commands that come after it."""

from __future__ import annotations

from iqsd.journal import Journal, Status
from tests.conftest import Iqsd, copy_photos, sidecar


def test_a_run_keeps_figures_embedding_and_capture_even_once_a_person_has_rated(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    with Journal(iqsd.journal) as journal:
        before = journal.detail(photo)
    assert before is not None
    assert before.assessment is not None
    assert sum(before.assessment.distributions["quality"]) > 0.99
    assert abs(sum(v * v for v in before.assessment.embedding) - 1) < 0.01
    assert before.capture is not None
    assert before.capture.width is not None
    text = sidecar(photo).read_text("utf-8")
    for name in ("xmp:Rating", "digiKam:PickLabel"):
        at = text.index(f"{name}=") + len(name) + 2
        text = text[:at] + ("3" if text[at] != "3" else "2") + text[at + 1 :]
    sidecar(photo).write_text(text, "utf-8")
    assert [line["status"] for line in iqsd.rescan()] == ["kept"]
    with Journal(iqsd.journal) as journal:
        entry = journal.get(photo)
        assert entry is not None
        assert entry.state is Status.KEPT
        assert journal.detail(photo) == before
