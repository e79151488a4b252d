"""The pick label as a keyword or a colour, for catalogs that show nothing else; only if the user asked for it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from html import escape
from pathlib import Path

import pytest

from iqsd.sidecars import Naming, Options, WriteTo, undo
from iqsd.sidecars.names import (
    CATALOG_SETS,
    CATEGORIES,
    COLOR_LABEL,
    DARKTABLE_COLOURS,
    HIERARCHICAL,
    LABEL,
    LAST_KEYWORD,
    SUBJECT,
    TAGS_LIST,
    URGENCY,
    Name,
)
from iqsd.sidecars.parser import parse

from .sidecar_making import AFTER_ITS_RATING, LIGHTROOM, NAMESPACES, TITLE, jpeg, photo_in, rate, sidecar_of, xmp

KEYWORD = Options(keyword=True)
COLOUR = Options(colour_label=True)
EVERYWHERE = (TAGS_LIST, LAST_KEYWORD, HIERARCHICAL, CATALOG_SETS, SUBJECT)
TAGGED = xmp(
    f"{TITLE}<digiKam:TagsList><rdf:Seq><rdf:li>People/Ann</rdf:li></rdf:Seq></digiKam:TagsList>"
    "<dc:subject><rdf:Bag/></dc:subject>"
)

LISTS = {
    "digiKam:TagsList": "/",
    "MicrosoftPhoto:LastKeywordXMP": "/",
    "lr:hierarchicalSubject": "|",
    "mediapro:CatalogSets": "|",
}


def tagged_in_digikam(sidecar: Path, tags: Collection[str], categories: str = "") -> None:
    """Write tags (`a/b`) as digiKam 7.9 does: into four lists, their last parts into a fifth, and ACDSee's text."""
    text = sidecar.read_text()
    for name in ("dc:subject", *LISTS):
        text = re.sub(rf"\s*<{name}>.*?</{name}>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*acdsee:categories=\"[^\"]*\"", "", text)
    lists = {name: [tag.replace("/", separator) for tag in tags] for name, separator in LISTS.items()}
    lists["dc:subject"] = list(dict.fromkeys(tag.rpartition("/")[2] for tag in tags))
    body = "".join(
        f"<{name}><rdf:Bag>{''.join(f'<rdf:li>{item}</rdf:li>' for item in found)}</rdf:Bag></{name}>"
        for name, found in lists.items()
    )
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    said = f' acdsee:categories="{escape(categories)}"' if categories else ""
    node = f'<rdf:Description rdf:about=""{declared}{said}>{body}</rdf:Description>'
    sidecar.write_text(text.replace("</rdf:RDF>", f"{node}</rdf:RDF>"))


def group(*words: str, itself: int = 0) -> str:
    """ACDSee's category `iqsd` with these words in it."""
    return f'<Category Assigned="{itself}">iqsd' + "".join(map(category, words)) + "</Category>" if words else ""


def category(word: str) -> str:
    """One of ACDSee's categories."""
    return f'<Category Assigned="1">{word}</Category>'


def items(sidecar: Path, name: Name) -> list[str | None] | None:
    found = parse(sidecar.read_bytes()).get(name)
    return [item.text for item in found.items] if found else None


def test_neither_is_written_unless_asked_for(tmp_path: Path) -> None:
    sidecar = rate(photo_in(tmp_path)).path
    for name in (SUBJECT, LABEL, COLOR_LABEL):
        assert parse(sidecar.read_bytes()).get(name) is None


def test_the_keyword_follows_the_label(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, LIGHTROOM)
    for label, word in ((1, "rejected"), (1, "rejected"), (3, "accepted")):
        rate(photo, 1, label, KEYWORD)
        assert items(sidecar, SUBJECT) == ["Paris", "a, b; c", "日本", f"iqsd/{word}"]
        assert items(sidecar, HIERARCHICAL) == ["Places|France|Paris", f"iqsd|{word}"]
        assert items(sidecar, TAGS_LIST) is None  # started by iqsd, it would hide the other tags from digiKam


def test_the_keyword_joins_digikams_tags(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, TAGGED.replace(b"<dc:subject><rdf:Bag/></dc:subject>", b""))
    rate(photo, 3, 2, KEYWORD)
    assert items(sidecar, TAGS_LIST) == ["People/Ann", "iqsd/pending"]
    assert items(sidecar, SUBJECT) == ["iqsd/pending"]


def test_a_keyword_that_a_person_took_away_stays_away(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, LIGHTROOM)
    rate(photo, 3, 2, KEYWORD)
    text = sidecar.read_text()
    sidecar.write_text(text.replace("<rdf:li>iqsd/pending</rdf:li>", "").replace("<rdf:li>iqsd|pending</rdf:li>", ""))
    for label in (2, 3):
        rate(photo, 3, label, KEYWORD)
        assert items(sidecar, SUBJECT) == ["Paris", "a, b; c", "日本"]


@pytest.mark.parametrize("labels", [(2,), (2, 2, 3), (1, 2, 3)])
def test_a_keyword_that_a_person_gave_stays_even_if_iqsd_would_give_it_too(
    tmp_path: Path, labels: tuple[int, ...]
) -> None:
    photo = photo_in(tmp_path)
    given = xmp("<dc:subject><rdf:Bag><rdf:li>iqsd/pending</rdf:li></rdf:Bag></dc:subject>")
    sidecar = sidecar_of(photo, given)
    for label in labels:
        rate(photo, 3, label, KEYWORD)
        assert "iqsd/pending" in (items(sidecar, SUBJECT) or [])
    undo(photo, KEYWORD)
    assert sidecar.read_bytes() == given


@pytest.mark.parametrize(("label", "colour", "number"), [(1, "Red", "1"), (2, "Yellow", "3"), (3, "Green", "4")])
def test_the_colour_says_the_label(tmp_path: Path, label: int, colour: str, number: str) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, label, COLOUR).path
    document = parse(sidecar.read_bytes())
    assert (document.text(LABEL), document.text(COLOR_LABEL)) == (colour, number)
    rate(photo, 3, 2, COLOUR)
    assert parse(sidecar.read_bytes()).text(LABEL) == "Yellow"


@pytest.mark.parametrize("theirs", [{"xmp_Label": "Blue"}, {"xmp_Label": "Winner"}, {"digiKam_ColorLabel": 5}])
def test_a_colour_of_a_person_stays(tmp_path: Path, theirs: dict[str, str | int]) -> None:
    photo = photo_in(tmp_path)
    before = xmp(TITLE, **theirs)
    sidecar = sidecar_of(photo, before)
    written = rate(photo, 3, 1, COLOUR)
    assert (written.rating, written.pick_label) == (3, 1)
    after = parse(sidecar.read_bytes())
    assert {p.name: p.text for p in parse(before).properties}.items() <= {
        p.name: p.text for p in after.properties
    }.items()


@pytest.mark.parametrize("number", [10, 12, -1])
def test_a_number_that_stands_for_no_colour_is_a_persons_and_does_no_harm(tmp_path: Path, number: int) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, COLOUR).path
    sidecar.write_bytes(sidecar.read_bytes().replace(b'ColorLabel="4"', b'ColorLabel="%d"' % number))
    assert rate(photo, 4, 2, COLOUR).rating == 4
    document = parse(sidecar.read_bytes())
    assert (document.text(LABEL), document.text(COLOR_LABEL)) == ("", str(number))


def test_a_record_of_an_invalid_colour_is_no_record(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, COLOUR).path
    theirs = sidecar.read_bytes().replace(b'ColorLabel="4"', b'ColorLabel="10"')
    sidecar.write_bytes(theirs.replace(b'iqsd:colour="4"', b'iqsd:colour="10"').replace(b'"Green"', b'""'))
    written = rate(photo, 4, 2, COLOUR)
    assert (written.rating, written.pick_label) == (None, None)


def test_a_colour_that_a_person_took_away_stays_away(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE, xmp_Label="Blue"))
    rate(photo, 3, 1, COLOUR)
    sidecar.write_bytes(sidecar.read_bytes().replace(b'xmp:Label="Blue"', b""))
    for label in (1, 3):
        rate(photo, 3, label, COLOUR)
        assert not parse(sidecar.read_bytes()).text(LABEL)


def test_what_force_writes_is_what_colour_and_keyword_show(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(digiKam_PickLabel=3))
    rate(photo, 1, 1, Options(keyword=True, colour_label=True), force=True)
    assert parse(sidecar.read_bytes()).text(LABEL) == "Red"
    assert items(sidecar, SUBJECT) == ["iqsd/rejected"]


def test_a_colour_that_force_overruled_comes_back_even_if_colours_are_no_longer_asked_for(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, xmp_Label="Blue")))
    sidecar = sidecar_of(photo, xmp(TITLE, xmp_Label="Blue"))
    before = sidecar.read_bytes()
    rate(photo, 3, 1, COLOUR, force=True)
    for _ in range(2):
        rate(photo, 3, 1)
        os.utime(photo, AFTER_ITS_RATING)
    assert parse(sidecar.read_bytes()).text(LABEL) == "Red"
    undo(photo)
    assert sidecar.read_bytes() == before


def test_a_colour_no_longer_asked_for_is_still_known_as_iqsds_beside_one_in_the_photo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 1, COLOUR)
    photo.write_bytes(jpeg(xmp(xmp_Label="Blue")))
    os.utime(photo, AFTER_ITS_RATING)
    rate(photo, 3, 1)
    undo(photo)
    assert list(tmp_path.iterdir()) == [photo]


def test_what_is_no_longer_asked_for_stays_until_it_is_undone(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, LIGHTROOM)
    rate(photo, 3, 1, Options(keyword=True, colour_label=True))
    rate(photo, 4, 3)
    assert parse(sidecar.read_bytes()).text(LABEL) == "Red"
    assert items(sidecar, SUBJECT) == ["Paris", "a, b; c", "日本", "iqsd/rejected"]
    undo(photo)
    assert sidecar.read_bytes() == LIGHTROOM


def test_a_colour_is_undone_even_if_a_second_place_was_added_when_it_was_no_longer_asked_for(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, LIGHTROOM)
    rate(photo, 3, 2, COLOUR)
    other = photo.with_suffix(".xmp")
    other.write_bytes(xmp(TITLE))
    for label in (2, 3, 2):
        rate(photo, 3, label, Options(naming=Naming.BASE))
    assert not rate(photo, 3, 2, Options(naming=Naming.BASE)).changed
    undo(photo)
    assert sidecar.read_bytes() == LIGHTROOM
    assert other.read_bytes() == xmp(TITLE)


def test_colour_and_keyword_show_the_label_of_a_person(tmp_path: Path) -> None:
    both = Options(keyword=True, colour_label=True)
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, LIGHTROOM)
    rate(photo, 1, 1, both)
    assert parse(sidecar.read_bytes()).text(LABEL) == "Red"
    sidecar.write_bytes(sidecar.read_bytes().replace(b'PickLabel="1"', b'PickLabel="3"'))
    rate(photo, 1, 1, both)
    assert parse(sidecar.read_bytes()).text(LABEL) == "Green"
    assert items(sidecar, SUBJECT) == ["Paris", "a, b; c", "日本", "iqsd/accepted"]
    sidecar.write_bytes(sidecar.read_bytes().replace(b'PickLabel="3"', b'PickLabel="0"'))
    rate(photo, 1, 1, both)
    assert parse(sidecar.read_bytes()).text(LABEL) == ""
    assert items(sidecar, SUBJECT) == ["Paris", "a, b; c", "日本"]
    assert not rate(photo, 1, 1, both).changed


def test_a_photo_without_a_label_gets_neither(tmp_path: Path) -> None:
    sidecar = rate(photo_in(tmp_path), 3, 0, Options(keyword=True, colour_label=True)).path
    assert parse(sidecar.read_bytes()).get(SUBJECT) is None
    assert parse(sidecar.read_bytes()).get(LABEL) is None


@pytest.mark.parametrize("listed", ["", "<rdf:li>iqsd/pending</rdf:li>"])
def test_an_empty_list_or_one_with_the_keyword_already_ends_up_with_it_once(tmp_path: Path, listed: str) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(f"<dc:subject><rdf:Bag>{listed}</rdf:Bag></dc:subject>"))
    for _ in range(2):
        rate(photo, 3, 2, KEYWORD)
        assert items(sidecar, SUBJECT) == ["iqsd/pending"]


@pytest.mark.parametrize("inside", ["", "\n  ", "<!-- mine -->"])
@pytest.mark.parametrize("labels", [[2], [2, 3], [2, 0], [0, 1]])
def test_a_list_that_was_empty_is_empty_again_after_undo(tmp_path: Path, inside: str, labels: list[int]) -> None:
    photo = photo_in(tmp_path)
    before = xmp(f"<dc:subject>\n <rdf:Bag>{inside}</rdf:Bag></dc:subject>")
    sidecar = sidecar_of(photo, before)
    for label in labels:
        rate(photo, 3, label, KEYWORD)
        assert items(sidecar, SUBJECT) == ([f"iqsd/{['', 'rejected', 'pending', 'accepted'][label]}"] if label else [])
    undo(photo)
    assert sidecar.read_bytes() == before


def test_a_list_that_takes_no_items_is_passed_over(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, TAGGED)  # its dc:subject is <rdf:Bag/>
    rate(photo, 3, 2, KEYWORD)
    assert items(sidecar, TAGS_LIST) == ["People/Ann", "iqsd/pending"]
    assert items(sidecar, SUBJECT) == []
    undo(photo)
    assert sidecar.read_bytes() == TAGGED


@pytest.mark.parametrize("then", [Options(write=WriteTo.EMBEDDED), Options(naming=Naming.BASE, keyword=True)])
def test_a_keyword_copied_to_a_new_place_with_the_record_is_known_there_as_iqsds(tmp_path: Path, then: Options) -> None:
    photo = photo_in(tmp_path)
    before = photo.read_bytes()
    rate(photo, 3, 2, KEYWORD)
    new = rate(photo, 1, 1, then).path
    assert (b"iqsd/rejected" in new.read_bytes()) is then.keyword
    undo(photo, then)
    assert photo.read_bytes() == before
    assert list(tmp_path.iterdir()) == [photo]


def test_the_keyword_that_digikam_copied_everywhere_follows_the_label_everywhere(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, KEYWORD).path
    tagged_in_digikam(
        sidecar, ["iqsd/accepted", "Berlin"], f"<Categories>{group('accepted')}{category('Berlin')}</Categories>"
    )
    rate(photo, 1, 1, KEYWORD)
    assert {name: items(sidecar, name) for name in EVERYWHERE} == {
        **{name: ["Berlin", "iqsd/rejected"] for name in EVERYWHERE},
        HIERARCHICAL: ["Berlin", "iqsd|rejected"],
        CATALOG_SETS: ["Berlin", "iqsd|rejected"],
    }
    assert parse(sidecar.read_bytes()).text(CATEGORIES) == f"<Categories>{category('Berlin')}</Categories>"


@pytest.mark.parametrize("labels", [[1], [1, 1], [1, 3], [3], [0]])
def test_an_old_keyword_that_digikam_restores_from_its_database_is_iqsds(tmp_path: Path, labels: list[int]) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, KEYWORD).path
    rate(photo, 1, 1, KEYWORD)
    tags = ["iqsd/rejected", "iqsd/accepted"]
    for label in labels:
        tagged_in_digikam(sidecar, tags, f"<Categories>{group('accepted', 'rejected')}</Categories>")
        rate(photo, 1, label, KEYWORD)
        word = {1: "iqsd/rejected", 3: "iqsd/accepted"}.get(label)
        assert items(sidecar, TAGS_LIST) == ([word] if word else None)
    tagged_in_digikam(sidecar, tags, f"<Categories>{group('accepted', 'rejected')}</Categories>")
    undo(photo, KEYWORD)
    assert list(tmp_path.iterdir()) == [photo]


def test_a_tag_of_a_persons_that_ends_like_the_keyword_stays(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, KEYWORD).path
    theirs = f'<Category Assigned="0">Papers{group("accepted")}</Category>'
    tagged_in_digikam(sidecar, ["iqsd/accepted", "Papers/accepted"], f"<Categories>{theirs}</Categories>")
    undo(photo, KEYWORD)
    assert items(sidecar, TAGS_LIST) == ["Papers/accepted"]
    assert items(sidecar, SUBJECT) == ["accepted"]
    assert parse(sidecar.read_bytes()).text(CATEGORIES) == f"<Categories>{theirs}</Categories>"


def test_a_persons_own_tag_iqsd_stays_without_the_keyword(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, KEYWORD).path
    tagged_in_digikam(sidecar, ["iqsd", "iqsd/accepted"], f"<Categories>{group('accepted', itself=1)}</Categories>")
    undo(photo, KEYWORD)
    assert items(sidecar, TAGS_LIST) == items(sidecar, SUBJECT) == ["iqsd"]
    assert parse(sidecar.read_bytes()).text(CATEGORIES) == f"<Categories>{category('iqsd')}</Categories>"


def test_categories_in_a_form_that_iqsd_does_not_change_do_no_harm(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, KEYWORD).path
    tagged_in_digikam(sidecar, ["iqsd/accepted"])
    text = f"<Categories>{group('accepted')}</Categories>"
    element = f"<acdsee:categories><![CDATA[{text}]]></acdsee:categories>"
    sidecar.write_text(sidecar.read_text().replace("<digiKam:TagsList>", f"{element}<digiKam:TagsList>"))
    assert rate(photo, 1, 1, KEYWORD).pick_label == 1
    assert parse(sidecar.read_bytes()).text(CATEGORIES) == text


def test_the_urgency_with_which_digikam_repeats_the_colour_follows_it_and_goes_with_it(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, COLOUR).path
    sidecar.write_bytes(
        sidecar.read_bytes().replace(
            b"<rdf:Description",
            b'<rdf:Description xmlns:photoshop="%s" photoshop:Urgency="4"' % NAMESPACES["photoshop"].encode(),
            1,
        )
    )
    rate(photo, 1, 1, COLOUR)
    document = parse(sidecar.read_bytes())
    assert (document.text(LABEL), document.text(COLOR_LABEL), document.text(URGENCY)) == ("Red", "1", "1")
    undo(photo, COLOUR)
    assert list(tmp_path.iterdir()) == [photo]


def test_an_existing_urgency_is_a_persons_colour_as_digikam_shows_it(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE, photoshop_Urgency=5))
    rate(photo, 1, 1, COLOUR)
    document = parse(sidecar.read_bytes())
    assert (document.get(LABEL), document.get(COLOR_LABEL), document.text(URGENCY)) == (None, None, "5")


def test_the_keyword_as_darktable_copies_it_follows_the_label_and_goes_with_undo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, KEYWORD).path
    copied = "<lr:hierarchicalSubject><rdf:Seq><rdf:li>iqsd/accepted</rdf:li></rdf:Seq></lr:hierarchicalSubject>"
    declared = f'xmlns:lr="{NAMESPACES["lr"]}"'
    node = f'<rdf:Description rdf:about="" {declared}>{copied}</rdf:Description></rdf:RDF>'
    sidecar.write_text(sidecar.read_text().replace("</rdf:RDF>", node))
    rate(photo, 1, 1, KEYWORD)
    assert items(sidecar, HIERARCHICAL) == ["iqsd|rejected"]
    undo(photo, KEYWORD)
    assert list(tmp_path.iterdir()) == [photo]


def coloured_in_darktable(sidecar: Path, *numbers: int) -> None:
    """Set colours, by darktable's numbers, as darktable 4.2 writes them: it leaves xmp:Label as it is."""
    listed = "".join(f"<rdf:li>{number}</rdf:li>" for number in numbers)
    colours = f"<darktable:colorlabels><rdf:Seq>{listed}</rdf:Seq></darktable:colorlabels>"
    node = f'<rdf:Description rdf:about="" xmlns:darktable="{NAMESPACES["darktable"]}">{colours}</rdf:Description>'
    sidecar.write_text(sidecar.read_text().replace("</rdf:RDF>", f"{node}</rdf:RDF>"))


def test_a_colour_that_darktable_repeats_follows_the_label_and_goes_with_undo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, COLOUR).path
    coloured_in_darktable(sidecar, 2)
    for label, colour, number in ((1, "Red", "0"), (2, "Yellow", "1")):
        for _ in range(2):
            rate(photo, 1, label, COLOUR)
            assert (parse(sidecar.read_bytes()).text(LABEL), items(sidecar, DARKTABLE_COLOURS)) == (colour, [number])
    undo(photo, COLOUR)
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.parametrize(("numbers", "colour"), [([3], "Blue"), ([0], "Red"), ([2, 3], "")])
def test_a_colour_that_a_person_gave_in_darktable_stands(tmp_path: Path, numbers: list[int], colour: str) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 3, COLOUR).path
    coloured_in_darktable(sidecar, *numbers)
    for label in (3, 2):
        rate(photo, 1, label, COLOUR)
        assert parse(sidecar.read_bytes()).text(LABEL) == colour
        assert items(sidecar, DARKTABLE_COLOURS) == [str(number) for number in numbers]
    undo(photo, COLOUR)
    assert items(sidecar, DARKTABLE_COLOURS) == [str(number) for number in numbers]


def test_force_overrules_a_colour_given_in_darktable_until_it_is_undone(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE))
    coloured_in_darktable(sidecar, 3)
    before = sidecar.read_bytes()
    rate(photo, 1, 1, COLOUR, force=True)
    rate(photo, 1, 2, COLOUR)
    assert parse(sidecar.read_bytes()).text(LABEL) == "Yellow"
    undo(photo, COLOUR)
    assert sidecar.read_bytes() == before
