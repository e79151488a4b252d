"""Whatever happens in whatever order: where a person has spoken, the person's word stands."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from iqsd.sidecars import Naming, Options, State, read, undo, write

from .sidecar_making import NAMESPACES, TITLE, jpeg, photo_in, record, xmp

NOBODY = object()
STARS = st.integers(1, 5)
LABELS = st.integers(1, 3)


class PersonAndIqsd(RuleBasedStateMachine):
    """A person edits with catalogs, iqsd rates, models change, journals get lost, things are undone."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.person: dict[str, object] = {"Rating": NOBODY, "PickLabel": NOBODY}
        self.options = Options()

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(embedded=st.none() | st.just(xmp(TITLE)) | st.just(xmp(xmp_Rating=0)), naming=st.sampled_from(Naming))
    def a_photo_arrives(self, embedded: bytes | None, naming: Naming) -> None:
        self.options = Options(naming=naming)
        self.photo = photo_in(Path(self.folder.name), data=jpeg(embedded))

    @rule(rating=st.integers(0, 5), label=st.integers(0, 3), model=st.sampled_from(["one", "two"]))
    def iqsd_rates(self, rating: int, label: int, model: str) -> None:
        write(self.photo, record(self.photo, rating, label, model), self.options)

    @rule()
    def iqsd_is_undone(self) -> None:
        undo(self.photo, self.options)

    @rule()
    def an_undo_is_undone(self) -> None:
        undone = undo(self.photo, self.options)
        if undone.record is not None:
            write(self.photo, undone.record, self.options)

    @rule(rating=STARS)
    def person_rates(self, rating: int) -> None:
        self.edit("xmp", "Rating", rating)

    @rule(label=LABELS)
    def person_labels(self, label: int) -> None:
        self.edit("digiKam", "PickLabel", label)

    @precondition(lambda self: self.state.rating is not None)
    @rule()
    def person_clears_the_rating(self) -> None:
        self.edit("xmp", "Rating", 0)

    @precondition(lambda self: self.state.pick_label is not None)
    @rule()
    def person_clears_the_label(self) -> None:
        self.edit("digiKam", "PickLabel", 0)

    @rule()
    def a_program_mirrors_the_rating(self) -> None:
        """As digiKam does when it rewrites a file for another reason."""
        rating = self.said("Rating")
        if rating is not None and rating > 0:
            self.put("acdsee", "rating", rating)

    @property
    def state(self) -> State:
        return read(self.photo, self.options)

    @property
    def sidecar(self) -> Path:
        return self.state.path

    def said(self, local: str) -> int | None:
        text = self.sidecar.read_text() if self.sidecar.exists() else ""
        found = re.search(rf'(?:xmp|digiKam):{local}="(\d)"', text)
        return int(found[1]) if found else None

    def edit(self, prefix: str, local: str, value: int) -> None:
        """A person changes a field; giving what stands already is no change that anybody could see."""
        if (self.said(local) or 0) == value:
            return
        # A zero counts as a decision only where iqsd had been; everywhere else it is a default.
        # And who says what iqsd says already cannot be told from iqsd.
        record = self.state.record
        ours = record and (record.rating if local == "Rating" else record.pick_label)
        decides = value != ours and (value or record is not None or self.person[local] == 0)
        self.put(prefix, local, value)
        self.person[local] = value if decides else NOBODY
        if local == "Rating" and 'acdsee:rating="' in self.sidecar.read_text():
            self.put("acdsee", "rating", value)

    def put(self, prefix: str, local: str, value: int) -> None:
        if not self.sidecar.exists():
            self.sidecar.write_bytes(xmp())
        text, name = self.sidecar.read_text(), f"{prefix}:{local}"
        if f'{name}="' in text:
            text = re.sub(rf'{name}="\d"', f'{name}="{value}"', text)
        else:
            new = f'<rdf:Description rdf:about="" xmlns:{prefix}="{NAMESPACES[prefix]}" {name}="{value}"/>\n  '
            text = text.replace("<rdf:Description ", new + "<rdf:Description ", 1)
        self.sidecar.write_text(text)

    @invariant()
    def the_persons_word_stands(self) -> None:
        if not hasattr(self, "photo"):
            return
        for local, prefix in (("Rating", "rating"), ("PickLabel", "pick_label")):
            value = self.person[local]
            if value is NOBODY:
                continue
            assert (self.said(local) or 0) == value
            if value:
                assert getattr(self.state, prefix) == value
                assert getattr(self.state, f"{prefix}_is_persons")


TestPersonAndIqsd = PersonAndIqsd.TestCase
TestPersonAndIqsd.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
