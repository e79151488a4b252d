"""Whatever happens in whatever order, a person's decision stands."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from iqsd.sidecars import Naming, Options, State, read, undo, write

from .sidecar_making import AFTER_ITS_RATING, NAMESPACES, RDF, TITLE, jpeg, photo_in, record, xmp

NOBODY = object()
STARS = st.integers(1, 5)
LABELS = st.integers(1, 3)


ElementTree.register_namespace("x", "adobe:ns:meta/")
ElementTree.register_namespace("rdf", RDF)


def as_elements(descriptions: list[ElementTree.Element]) -> None:
    """Turn attributes into elements, the equivalent form."""
    for description in descriptions:
        for key, text in list(description.items()):
            if not key.startswith(f"{{{RDF}}}"):
                del description.attrib[key]
                ElementTree.SubElement(description, key).text = text


class PersonAndIqsd(RuleBasedStateMachine):
    """A person edits with catalogs, iqsd rates, models change, journals get lost, things are undone."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.person: dict[str, object] = {"Rating": NOBODY, "PickLabel": NOBODY}
        self.overruled: dict[str, object] = {}  # what the person had said before force overruled it
        self.beneath: set[str] = set()  # what undo may bring back, whatever the person has said since
        self.options = Options()
        self.changes = 1
        self.rated_in_photo = False

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(embedded=st.none() | st.just(xmp(TITLE)) | st.just(xmp(xmp_Rating=0)), naming=st.sampled_from(Naming))
    def a_photo_arrives(self, embedded: bytes | None, naming: Naming) -> None:
        self.options = Options(naming=naming)
        self.photo = photo_in(Path(self.folder.name), data=jpeg(embedded))

    @rule(rating=st.integers(0, 5), label=st.integers(0, 3), model=st.sampled_from(["one", "two"]))
    def iqsd_rates(self, rating: int, label: int, model: str) -> None:
        write(self.photo, record(self.photo, rating, label, model), self.options)
        for local in ("Rating", "PickLabel"):
            value = self.person[local]
            if value is not NOBODY:
                assert self.said(local) in ((value, None, 0) if value == 0 or self.rated_in_photo else (value,))

    @precondition(lambda self: self.person["Rating"] != 0 and self.person["PickLabel"] != 0)
    @rule(rating=STARS, label=LABELS)
    def iqsd_overrules_the_person(self, rating: int, label: int) -> None:
        write(self.photo, record(self.photo, rating, label), self.options, force=True)
        assert (self.said("Rating"), self.said("PickLabel")) == (rating, label)
        self.overruled |= {local: value for local, value in self.person.items() if value is not NOBODY}
        self.beneath |= set(self.overruled)
        self.person = dict.fromkeys(self.person, NOBODY)

    @rule()
    def iqsd_is_undone(self) -> None:
        undo(self.photo, self.options)
        self.person |= self.overruled
        self.overruled = {}
        self.beneath = {local for local in self.beneath if self.person[local] is NOBODY and self.said(local)}

    @rule()
    def an_undo_is_undone(self) -> None:
        record = self.state.record
        self.iqsd_is_undone()
        if record is not None:
            write(self.photo, record, self.options)

    @rule(rating=STARS)
    def person_rates_in_the_photo(self, rating: int) -> None:
        """As Lightroom does: it writes into the JPEG and ignores sidecars."""
        record = self.state.record
        if record and record.rating == rating:
            return
        if self.person["Rating"] is not NOBODY or "Rating" in self.beneath:
            return  # two programs unaware of each other: nobody can say which had the last word
        self.photo.write_bytes(jpeg(xmp(TITLE, xmp_Rating=rating, photoshop_DateCreated="2" * self.changes)))
        self.changes += 1
        self.person["Rating"] = rating
        self.rated_in_photo = True

    @rule(rating=STARS)
    def person_rates(self, rating: int) -> None:
        self.edit("xmp", "Rating", rating)

    @rule(label=LABELS)
    def person_labels(self, label: int) -> None:
        self.edit("digiKam", "PickLabel", label)

    @precondition(lambda self: self.state.rating is not None and not self.rated_in_photo)
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

    @rule()
    def a_program_touches_the_photo(self) -> None:
        """From now on iqsd looks into it, though its sidecar decides."""
        os.utime(self.photo, AFTER_ITS_RATING)

    @property
    def state(self) -> State:
        return read(self.photo, self.options)

    @property
    def sidecar(self) -> Path:
        return self.state.path

    def said(self, local: str) -> int | None:
        """What the sidecar says, read by a reader other than iqsd's."""
        if not self.sidecar.exists():
            return None
        uri = NAMESPACES["xmp" if local == "Rating" else "digiKam"]
        for description in self.tree().iter(f"{{{RDF}}}Description"):
            text = description.get(f"{{{uri}}}{local}", description.findtext(f"{{{uri}}}{local}"))
            if text is not None:
                return int(text)
        return None

    def tree(self) -> ElementTree.Element:
        return ElementTree.parse(self.sidecar).getroot()  # noqa: S314  # we wrote it ourselves

    def edit(self, prefix: str, local: str, value: int) -> None:
        """A person changes a field; setting the value that is there already is a change that nobody can see."""
        if (self.said(local) or 0) == value:
            return
        # A zero counts as a decision only where iqsd has written; everywhere else it is a default.
        # And a person who repeats iqsd's value cannot be told from iqsd.
        record = self.state.record
        ours = record and (record.rating if local == "Rating" else record.pick_label)
        decides = value != ours and (value or record is not None or self.person[local] == 0)
        self.put(prefix, local, value)
        self.person[local] = value if decides else NOBODY
        self.overruled.pop(local, None)
        if local == "Rating" and NAMESPACES["acdsee"] in self.sidecar.read_text():
            self.put("acdsee", "rating", value)

    def put(self, prefix: str, local: str, value: int) -> None:
        """Write as catalogs do: the whole file anew, in a form of their own."""
        if not self.sidecar.exists():
            self.sidecar.write_bytes(xmp())
        root = self.tree()
        key = f"{{{NAMESPACES[prefix]}}}{local}"
        descriptions = list(root.iter(f"{{{RDF}}}Description"))
        for description in descriptions:
            if (element := description.find(key)) is not None:
                element.text = str(value)
                break
            if key in description.keys():  # noqa: SIM118  # an element is no dict
                description.set(key, str(value))
                break
        else:
            ElementTree.SubElement(descriptions[0], key).text = str(value)
        if value % 2:
            as_elements(descriptions)
        self.sidecar.write_bytes(ElementTree.tostring(root, "utf-8"))

    @invariant()
    def the_persons_word_stands(self) -> None:
        if not hasattr(self, "photo"):
            return
        for local, prefix in (("Rating", "rating"), ("PickLabel", "pick_label")):
            value = self.person[local]
            if value is NOBODY:
                assert local not in self.overruled or not getattr(self.state, f"{prefix}_is_persons")
                continue
            assert getattr(self.state, prefix) == (value or None)
            if value:
                assert getattr(self.state, f"{prefix}_is_persons")


TestPersonAndIqsd = PersonAndIqsd.TestCase
TestPersonAndIqsd.settings = settings(max_examples=60, stateful_step_count=20)
