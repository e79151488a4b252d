"""Every data set is read as published, and anything wrong with it is named."""

from pathlib import Path

import openpyxl
import pytest

from tests.training.making import write_pictures, write_text
from training.datasets import ADAPTERS, DataSetError, read_data_set


def make_ava(folder: Path) -> None:
    write_pictures(folder / "images", ["953619.jpg", "953958.jpg", "954184.jpg"])
    write_text(
        folder / "AVA.txt",
        "1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396",
        "2 953958 10 7 15 26 26 21 10 8 1 2 15 21 1396",
        "3 954184 0 0 4 8 41 56 10 3 4 0 0 0 1396",
    )
    write_text(folder / "aesthetics_image_lists" / "generic_test.jpgl", "953958")


def make_eva(folder: Path) -> None:
    write_pictures(folder / "images" / "EVA_category" / "EVA_category" / "1", ["100.jpg"])
    write_pictures(folder / "images" / "EVA_category" / "EVA_category" / "4", ["9.jpg"], 1)
    header = '"image_id"="user_id"="score"="difficulty"="visual"="composition"="quality"="semantic"="vote_time"="1"="2"'
    votes = [("100", 7), ("9", 3), ("100", 8), ("100", 10), ("9", 0)]
    write_text(
        folder / "data" / "votes_filtered.csv",
        header,
        *[f"{i}=E{n}={s}=3=2=3=3=2=12.5=1=0" for n, (i, s) in enumerate(votes)],
    )


def make_koniq(folder: Path) -> None:
    write_pictures(folder / "1024x768", ["10004473376.jpg", "10007357496.jpg"])
    write_text(
        folder / "koniq10k_distributions_sets.csv",
        "image_name,c1,c2,c3,c4,c5,c_total,MOS,SD,set",
        "10004473376.jpg,0,0,0.238095238095,0.695238095238,0.0666666666667,105,76.1129508095,0.527278894,training",
        "10007357496.jpg,0,0.0288461538462,0.288461538462,0.673076923077,0.00961538461538,104,31.5,0.553,test",
    )


def make_spaq(folder: Path) -> None:
    write_pictures(folder / "TestImage", ["00001.jpg", "00002.jpg"])
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["Image name", "MOS", "Brightness", "Colorfulness", "Contrast", "Noisiness", "Sharpness"])
    sheet.append(["00001.jpg", 32.44, 41.59, 36.94, 36.53, 31.88, 32.88])
    sheet.append(["00002.jpg", 43, 41.67, 46.33, 44.2, 42.67, 46.33])
    (folder / "Annotations").mkdir()
    workbook.save(folder / "Annotations" / "MOS and Image attribute scores.xlsx")


def make_tid(folder: Path) -> None:
    write_pictures(folder / "distorted_images", ["i01_01_1.bmp", "I01_01_2.bmp", "I02_01_1.bmp"])
    write_text(folder / "mos_with_names.txt", "5.51429 I01_01_1.bmp", "5.56757 i01_01_2.bmp", "4.94444 I02_01_1.bmp")


def make_kadid(folder: Path) -> None:
    write_pictures(folder / "images", ["I01.png", "I01_01_01.png", "I01_02_05.png"])
    write_text(
        folder / "dmos.csv",
        "dist_img,ref_img,dmos,var",
        "I01_01_01.png,I01.png,4.57,0.496",
        "I01_02_05.png,I01.png,1,0",
    )


def make_biq(folder: Path) -> None:
    write_pictures(folder / "Images", ["ss01 (1).jpg", "ss03 (2).JPG", "ss02 (3).jpg"])
    write_text(folder / "Train (Images and MOS).csv", "Image Name,MOS", "ss01 (1).jpg,0.25", "ss03 (2).jpg,0.5")
    write_text(folder / "Test (Images and MOS).csv", "Image Name,MOS", "ss02 (3).jpg,1")


def make_csv(folder: Path) -> None:
    write_pictures(folder / "mine", ["a, b.jpg", "ü.jpg"])
    write_text(
        folder / "labels.csv",
        "path,score,lowest,highest,scene,part",
        '"mine/a, b.jpg",4,1,5,beach,train',
        "mine/ü.jpg,1,1,5,beach,",
    )


MAKERS = {
    "ava": make_ava,
    "biq2021": make_biq,
    "csv": make_csv,
    "eva": make_eva,
    "kadid10k": make_kadid,
    "koniq10k": make_koniq,
    "spaq": make_spaq,
    "tid2013": make_tid,
}
# by identity: opinion from 0 to 1, part, subset, scene
EXPECTED = {
    "ava": {
        "953619": (0.5152, "train", "1396", ""),
        "953958": (0.4109, "test", "1396", ""),
        "954184": (0.5194, "train", "1396", ""),
    },
    "biq2021": {
        "ss01 (1).jpg": (0.25, "train", "ss01", ""),
        "ss03 (2).jpg": (0.5, "train", "ss03", ""),
        "ss02 (3).jpg": (1.0, "test", "ss02", ""),
    },
    "csv": {"mine/a, b.jpg": (0.75, "train", "", "beach"), "mine/ü.jpg": (0.0, None, "", "beach")},
    "eva": {"9": (0.15, None, "4", ""), "100": (0.8333, None, "1", "")},
    "kadid10k": {
        "I01_01_01.png": (0.8925, None, "way 01", "I01.png"),
        "I01_02_05.png": (0.0, None, "way 02", "I01.png"),
    },
    "koniq10k": {"10004473376.jpg": (0.7611, "train", "", ""), "10007357496.jpg": (0.315, "test", "", "")},
    "spaq": {"00001.jpg": (0.3244, None, "", ""), "00002.jpg": (0.43, None, "", "")},
    "tid2013": {
        "I01_01_1.bmp": (0.6127, None, "way 01", "original 01"),
        "i01_01_2.bmp": (0.6186, None, "way 01", "original 01"),
        "I02_01_1.bmp": (0.5494, None, "way 01", "original 02"),
    },
}


@pytest.mark.parametrize("kind", sorted(ADAPTERS))
def test_a_data_set_is_read_as_published(kind: str, tmp_path: Path) -> None:
    MAKERS[kind](tmp_path)
    found = read_data_set(kind, tmp_path)
    assert found.missing == []
    assert {
        photo.identity: (round(photo.opinion, 4), photo.part, photo.subset, photo.scene) for photo in found.photos
    } == (EXPECTED[kind])
    for photo in found.photos:
        assert photo.path.is_file()
        assert photo.distribution is None or sum(photo.distribution) == pytest.approx(1)


def test_votes_become_a_distribution_whose_mean_is_the_opinion(tmp_path: Path) -> None:
    make_eva(tmp_path)
    photo = next(photo for photo in read_data_set("eva", tmp_path).photos if photo.identity == "100")
    assert photo.distribution is not None
    assert [mark for mark, share in enumerate(photo.distribution) if share] == [7, 8, 10]
    assert photo.mean == pytest.approx((7 + 8 + 10) / 3)


def test_koniqs_older_table_has_counts_and_no_sets(tmp_path: Path) -> None:
    write_pictures(tmp_path / "512x384", ["1.jpg"])
    header = "image_name,c1,c2,c3,c4,c5,c_total,MOS,SD,MOS_zscore"
    write_text(tmp_path / "koniq10k_scores_and_distributions.csv", header, "1.jpg,0,0,25,73,7,105,3.83,0.53,76.1")
    (photo,) = read_data_set("koniq10k", tmp_path).photos
    assert photo.mean == 76.1
    assert photo.distribution == pytest.approx((0, 0, 25 / 105, 73 / 105, 7 / 105))
    assert photo.part is None


@pytest.mark.parametrize("kind", sorted(ADAPTERS))
def test_missing_images_are_named_and_counted_and_the_others_are_read(kind: str, tmp_path: Path) -> None:
    MAKERS[kind](tmp_path)
    whole = read_data_set(kind, tmp_path)
    whole.photos[0].path.unlink()
    found = read_data_set(kind, tmp_path)
    assert len(found.photos) == len(whole.photos) - 1
    assert found.missing == [whole.photos[0].identity]
    assert f"1 labels without an image: {whole.photos[0].identity}" in found.summary()


@pytest.mark.parametrize("kind", sorted(ADAPTERS))
def test_a_data_set_without_its_labels_or_without_any_image_is_an_error(kind: str, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="there is no"):
        read_data_set(kind, tmp_path)
    MAKERS[kind](tmp_path)
    for photo in read_data_set(kind, tmp_path).photos:
        photo.path.unlink()
    with pytest.raises(DataSetError, match=r"none of \d images is there"):
        read_data_set(kind, tmp_path)


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize(
    ("kind", "file", "old", "new", "words"),
    [
        ("ava", "AVA.txt", "3 954184", "3 953619", "1 photos are labelled twice: 953619"),
        ("ava", "AVA.txt", " 0 1 5", " 1 5", "line 1 has 14 values, must have 15"),
        ("ava", "AVA.txt", "10 7 15", "ten 7 15", "line 2: count1 is 'ten', must be a number"),
        ("ava", "AVA.txt", "0 0 4 8 41 56 10 3 4 0", "0 0 0 0 0 0 0 0 0 0", "line 3: has no votes"),
        ("ava", "aesthetics_image_lists/generic_test.jpgl", "953958", "7", "1 ids are not in AVA.txt: 7"),
        ("eva", "data/votes_filtered.csv", "score", "mark", "has no column score"),
        ("eva", "data/votes_filtered.csv", "=10=", "=11=", "line 5: score is 11, must be a whole number"),
        (
            "koniq10k",
            "koniq10k_distributions_sets.csv",
            "MOS,",
            "mos,",
            "has no column MOS; its columns are image_name",
        ),
        ("koniq10k", "koniq10k_distributions_sets.csv", "training", "train", "line 2: set is 'train', must be one of"),
        ("koniq10k", "koniq10k_distributions_sets.csv", "31.5", "131.5", "has 131.5, beyond 0 to 100"),
        ("tid2013", "mos_with_names.txt", "i01_01_2.bmp", "two.bmp", "'two.bmp' is no name like"),
        ("tid2013", "mos_with_names.txt", "5.56757", "nan", "line 2: mos is 'nan', must be a number"),
        ("kadid10k", "dmos.csv", "dist_img", "image", "has no column dist_img"),
        ("biq2021", "Test (Images and MOS).csv", "ss02 (3)", "ss01 (1)", "labelled twice: ss01 (1).jpg"),
        ("biq2021", "Test (Images and MOS).csv", "ss02 (3)", "SS03 (2)", "labelled twice: "),
        ("csv", "labels.csv", "train", "training", "part is 'training', must be one of train, val, test"),
        ("csv", "labels.csv", "ü.jpg,1,1,5", "ü.jpg,1,0,5", "has 2 different scales"),
        ("csv", "labels.csv", "ü.jpg,1,1,5", "ü.jpg,,1,5", "line 3: score is '', must be a number"),
    ],
)
def test_what_is_wrong_with_the_labels_is_named(
    kind: str, file: str, old: str, new: str, words: str, tmp_path: Path
) -> None:
    MAKERS[kind](tmp_path)
    replace(tmp_path / file, old, new)
    with pytest.raises(DataSetError) as caught:
        read_data_set(kind, tmp_path)
    assert words in str(caught.value)


def test_a_file_that_is_not_a_workbook_or_lacks_a_column_is_an_error(tmp_path: Path) -> None:
    make_spaq(tmp_path)
    file = tmp_path / "Annotations" / "MOS and Image attribute scores.xlsx"
    workbook = openpyxl.load_workbook(file)
    workbook.worksheets[0]["B1"] = "Opinion"
    workbook.save(file)
    with pytest.raises(DataSetError, match="has no column MOS; its columns are Image name, Opinion"):
        read_data_set("spaq", tmp_path)
    file.write_bytes(b"no workbook")
    with pytest.raises(DataSetError, match="is no Excel workbook"):
        read_data_set("spaq", tmp_path)


def test_an_unknown_kind_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="called 'ava2'; there are ava, biq2021"):
        read_data_set("ava2", tmp_path)
