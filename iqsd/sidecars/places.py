"""The files that say something about a photo: its sidecars, under either name, and the photo itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from iqsd.containers import jpeg
from iqsd.errors import SidecarError
from iqsd.sidecars import atomic, embedded, jpeg_write
from iqsd.sidecars.atomic import Snapshot
from iqsd.sidecars.dialects import DIALECTS, FIELD_NAMES, Field, Reading, readings
from iqsd.sidecars.document import MAX_BYTES, Document, is_readable_by_catalogs, refuse
from iqsd.sidecars.names import IQSD, SIDECAR_FOR
from iqsd.sidecars.naming import Naming, belongs, extension, sidecar_path
from iqsd.sidecars.options import Options, WriteTo
from iqsd.sidecars.ownership import Judgement, Source, judge
from iqsd.sidecars.parser import parse
from iqsd.sidecars.record import Stored, from_document
from iqsd.sidecars.residue import digest


@dataclass(frozen=True)
class Place:
    """One file that holds XMP for a photo, as it was when it was read.

    Attributes:
        path: the file.
        document: its XMP; None if there is no file, or no XMP in the photo.
        stored: iqsd's record in it.
        snapshot: identifies the file that was read; None if there was none.
        is_photo: whether the XMP is in the photo itself.
    """

    path: Path
    document: Document | None
    stored: Stored | None
    snapshot: Snapshot | None
    is_photo: bool = False

    def save(self, data: bytes, like: os.stat_result | None) -> None:
        """Write new XMP there. Raises ChangedMeanwhileError if it is no longer the file that was read."""
        if self.is_photo:
            jpeg_write.put(self.path, data, self.snapshot)
        else:
            atomic.replace(self.path, data, self.snapshot, like=like)

    def remove(self) -> None:
        """Remove the XMP."""
        if self.is_photo:
            jpeg_write.put(self.path, None, self.snapshot)
        elif self.snapshot is not None:
            atomic.remove(self.path, self.snapshot)


@dataclass(frozen=True)
class View:
    """Everything that says something about a photo.

    Attributes:
        photo: the photo.
        primary: where iqsd writes.
        others: further files that exist, belong to the photo and are read by some program; these are kept up to date.
        in_photo: the XMP in the photo, if the photo had to be opened and is not the primary place.
        photo_ratings: what EXIF and IPTC in the photo say.
        extension: further XMP in the photo, which a new sidecar takes along.
    """

    photo: Path
    primary: Place
    others: tuple[Place, ...] = ()
    in_photo: Place | None = None
    photo_ratings: tuple[Reading, ...] = ()
    extension: bytes | None = None

    @property
    def writable(self) -> tuple[Place, ...]:
        """The places that iqsd writes to."""
        return (self.primary, *self.others)

    @property
    def stored(self) -> Stored | None:
        """The record of iqsd, from the most telling place."""
        everywhere = (*self.writable, self.in_photo)
        return next((place.stored for place in everywhere if place and place.stored), None)

    def judge(self, field: Field) -> Judgement:
        """Whose the field is, by everything that is known."""
        sources = [
            Source(
                () if self.is_outdated(place, field) else readings(place.document, field),
                place.stored,
                is_written=place is not self.in_photo,
            )
            for place in (*self.writable, self.in_photo)
            if place and place.document
        ]
        if self._further is not None:
            sources.append(Source(readings(self._further, field), is_written=False))
        if field is Field.RATING:
            sources.append(Source(self.photo_ratings, is_written=False))
        return judge(field, sources)

    def is_outdated(self, place: Place, field: Field) -> bool:
        """Whether a person's value there is only iqsd's copy of what another place by now says differently."""
        if place.stored is None or field not in place.stored.kept or not self.is_copy(place):
            return False
        told, said = _said(place.document, field), self._said_in_originals(field, place)
        if place.stored.from_photo:
            said += self._said_in_photo(field, within_xmp=not told)  # EXIF that was not copied is not its source
        return bool(said) and said[:1] != told[:1]

    def is_last_to_tell(self, place: Place) -> bool:
        """Whether a person's value is now found only there, and no longer where iqsd copied it from."""
        if place.stored is None or place not in self._unchanged:
            return False
        kept = (field for field in place.stored.kept if not self.is_outdated(place, field))
        told = {field: _said(place.document, field) for field in kept}
        return any(
            said and said[0] not in (*self._said_in_originals(field, place), *self._said_in_photo(field))
            for field, said in told.items()
        )

    def _said_in_originals(self, field: Field, but: Place) -> list[int | None]:
        originals = (each for each in self.writable if each is not but and not self.is_copy(each))
        return [value for each in originals for value in _said(each.document, field)]

    def _said_in_photo(self, field: Field, *, within_xmp: bool = False) -> list[int | None]:
        documents = (self.in_photo.document if self.in_photo else None, self._further)
        ratings = self.photo_ratings if field is Field.RATING and not within_xmp else ()
        said = [rating.value for rating in ratings if rating.says_something]
        return [value for each in documents for value in _said(each, field)] + said

    def is_copy(self, place: Place) -> bool:
        """Whether it is a sidecar that iqsd made and nobody else has changed."""
        return not place.is_photo and place in self._unchanged

    @cached_property
    def _unchanged(self) -> list[Place]:
        return [
            place
            for place in self.writable
            if place.document and place.stored and place.stored.created
            if digest(place.document, place.stored) == place.stored.digest
        ]

    @cached_property
    def _further(self) -> Document | None:
        if self.extension is None:
            return None
        with _about(self.photo):
            try:
                return parse(self.extension, tolerate_doubles=True)
            except SidecarError:
                if embedded.may_hold_a_rating(self.extension):
                    raise
                return None

    def readings_beyond_reach(self, field: Field) -> list[Reading]:
        """What is said about the field where iqsd does not write."""
        documents = [place.document for place in (*self.writable, self.in_photo) if place and place.document]
        unwritten = [d for d in DIALECTS[field] if d.encode is None]
        found = [reading for document in documents for d in unwritten if (reading := d.read(document))]
        if self.in_photo is not None and self.in_photo.document is not None:
            found += readings(self.in_photo.document, field)
        if self._further is not None:
            found += readings(self._further, field)
        return found + (list(self.photo_ratings) if field is Field.RATING else [])


def _said(document: Document | None, field: Field) -> list[int | None]:
    return [said.value for said in readings(document, field) if said.says_something] if document else []


def look(photo: Path, options: Options, *, into_photo: bool = False, is_gone: bool = False) -> View:
    """Read what is said about a photo. It is opened only if its sidecars do not decide, or it has changed since.

    Args:
        photo: the photo.
        options: what the user chose about sidecars.
        into_photo: open the photo in any case.
        is_gone: the photo no longer exists, but its sidecars may.
    """
    if options.write is WriteTo.EMBEDDED and not is_gone and is_jpeg(photo):
        return _look_embedded(photo)
    primary, *others = _sidecars(photo, options.naming)
    view = View(photo, primary, tuple(others))
    if is_gone or (not into_photo and not _needs_photo(view)):
        return view
    said = embedded.read(photo)
    return View(photo, primary, tuple(others), _in_photo(photo, said), said.ratings, said.extension)


def _look_embedded(photo: Path) -> View:
    said = embedded.read(photo)
    primary = _in_photo(photo, said)
    if said.xmp is not None and (primary.document is None or primary.document.data != said.xmp.rstrip(b"\0")):
        advice = "repair it with exiftool, or let iqsd write sidecars"
        raise SidecarError("the XMP in it is damaged; the photo is left alone", photo, advice)
    others = [place for place in _sidecars(photo, Naming.FULL) if place.document is not None]
    return View(photo, primary, tuple(others), None, said.ratings, said.extension)


def is_jpeg(photo: Path) -> bool:
    """Whether iqsd would write into it if told to: phones and browsers also name HEIC, WebP and PNG files `.jpg`."""
    if extension(photo).lower() not in ("jpg", "jpeg", "jpe", "jfif"):
        return False
    begins = atomic.read_regular(photo, len(jpeg.BEGINS) - 1)  # reads one byte more
    return begins is None or begins[0] == jpeg.BEGINS


def _in_photo(photo: Path, said: embedded.Embedded) -> Place:
    snapshot = Snapshot.of(said.status)
    if said.xmp is None:
        return Place(photo, None, None, snapshot, is_photo=True)
    with _about(photo):
        try:
            document = _parse_packet(said.xmp.rstrip(b"\0"))
            if any(double.name in FIELD_NAMES or double.name.uri == IQSD for double in document.doubles):
                refuse("says a rating or label more than once, and it is unclear which one counts")
        except SidecarError:
            if embedded.may_hold_a_rating(said.xmp):
                raise
            return Place(photo, None, None, snapshot, is_photo=True)
    return Place(photo, document, from_document(document), snapshot, is_photo=True)


def _parse_packet(packet: bytes) -> Document:
    """The packet in a photo; only up to its end tag if damage follows, as cameras and older programs leave it."""
    try:
        return parse(packet, tolerate_doubles=True)
    except SidecarError:
        end = re.search(rb"</\w+:x[am]pmeta\s*>", packet)
        if end is None or end.end() == len(packet):
            raise
        return parse(packet[: end.end()], tolerate_doubles=True)


def _sidecars(photo: Path, naming: Naming) -> list[Place]:
    """Where iqsd writes, then the sidecar under the other name, if it exists and belongs to this photo."""
    full, base = sidecar_path(photo, Naming.FULL), sidecar_path(photo, Naming.BASE)
    _refuse_capitals(full)
    _refuse_capitals(base)
    if full == base:
        return [_load(full)]
    by_full = _load(full)
    by_base = _load_base(photo, base) if naming is Naming.BASE or os.path.lexists(base) else None
    if by_base is None:
        return [by_full]
    first, second = (by_base, by_full) if naming is Naming.BASE else (by_full, by_base)
    return _without_links([first, second]) if second.document else [first]


def _without_links(places: list[Place]) -> list[Place]:
    """If one name is a link to the other, only the file itself: whoever reads the link reads the file."""
    is_one_file = len({place.snapshot and place.snapshot.identity for place in places}) == 1
    return [place for place in places if not (is_one_file and place.path.is_symlink())] or places


def _refuse_capitals(sidecar: Path) -> None:
    """Refuse an `IMG.XMP` that says something: no catalog here reads it, but what a person said in it counts."""
    capitals = sidecar.with_suffix(".XMP")
    if not os.path.lexists(capitals) or os.path.lexists(sidecar):  # without case sensitivity, it is the same file
        return
    document = _load(capitals).document
    if document is not None and _says_a_word(document):
        said = "holds a rating or a label, but catalogs look for names that end in lower-case letters"
        raise SidecarError(said, capitals, f"rename it to {sidecar.name}")


def _load_base(photo: Path, base: Path) -> Place | None:
    """The `IMG.xmp`, whether it exists or not; None if it is, or would be, another photo's."""
    try:
        place = _load(base)
    except SidecarError:
        if belongs(photo, None) is not False:
            raise
        return None
    owner = owner_of(place.document) if place.document is not None else None
    is_ours = belongs(photo, owner)
    if is_ours is None and place.document is not None and _says_a_word(place.document):
        said = "holds a rating or a label, but it is unclear for which of the photos with that name"
        raise SidecarError(said, base, f"rename it to {sidecar_path(photo).name} if it belongs to that photo")
    return place if is_ours else None


def owner_of(document: Document) -> str | None:
    """The extension of the photo that an `IMG.xmp` belongs to, as far as it says so itself."""
    stored = from_document(document)
    return document.text(SIDECAR_FOR) or (stored.extension if stored else None) or None


def photo_of(sidecar: Path) -> Path | None:
    """The photo that iqsd's own record in a sidecar is about; None: there is no record, or it cannot be read."""
    try:
        stored = _load(sidecar).stored
    except SidecarError:
        return None
    if stored is None or not stored.extension:
        return None
    by_full = sidecar.with_suffix("")
    return by_full if extension(by_full) == stored.extension else sidecar.with_suffix(f".{stored.extension}")


def _says_a_word(document: Document) -> bool:
    said = (reading for field in (Field.RATING, Field.PICK_LABEL) for reading in readings(document, field))
    return any(reading.says_something for reading in said)


def _load(path: Path) -> Place:
    read = atomic.read_regular(path, MAX_BYTES)
    if read is None:
        return Place(path, None, None, None)
    data, snapshot = read
    with _about(path):
        document = parse(data)
        if not is_readable_by_catalogs(data):
            refuse("begins in a way that digiKam and darktable do not read", "rewrite it with exiftool or Bridge")
    return Place(path, document, from_document(document), snapshot)


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Add the name of the file that an error is about."""
    try:
        yield
    except SidecarError as error:
        error.path = error.path or path
        raise


def _needs_photo(view: View) -> bool:
    if not any(place.document for place in view.writable):
        return True
    judgements = [view.judge(field) for field in (Field.RATING, Field.PICK_LABEL)]
    if view.stored is None:
        return not all(judgement.is_persons for judgement in judgements)
    return _changed_since(view.photo, view.stored) or any(j.is_cleared for j in judgements)


def _changed_since(photo: Path, stored: Stored) -> bool:
    """Whether somebody may have set a rating in the photo itself after iqsd rated it."""
    if stored.record is None:
        return True
    try:
        status = photo.stat()
    except OSError:
        return True
    moment = stored.record.moment
    if moment is None or status.st_size != stored.record.photo_size:
        return True
    return status.st_mtime >= moment.timestamp() + 1
