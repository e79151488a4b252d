"""Every format in the table: colours and orientation are right, content is recognised, damage is one line."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iqsd.containers.parts import reader
from iqsd.errors import MissingLibraryError, UnreadablePhotoError
from iqsd.photos import formats, jpeg_xl
from iqsd.photos.formats import FORMATS, LIBJXL, Format, Pixels
from iqsd.photos.reading import read_pixels
from iqsd.photos.source import HEAD_BYTES
from tests.conftest import Iqsd, sidecar
from tests.formats.making import MAKERS, left_red, photograph, write

WANTED = (64, 64)
SENSOR_WITHOUT_FILTERS = (struct.pack("<HHIH", 262, 3, 1, 32803), struct.pack("<HHIH", 262, 3, 1, 34892))
"""In a RAW file: the tag that calls its numbers those of a mosaic of colours, and the one for a single colour."""
NAMES = [
    pytest.param(entry.name, marks=[] if entry.needs.is_installed else pytest.mark.skip(f"needs {entry.needs.install}"))
    for entry in FORMATS
]


def format_named(name: str) -> Format:
    return next(entry for entry in FORMATS if entry.name == name)


def is_left_red(pixels: Pixels) -> bool:
    """Whether the picture is red on the left and blue on the right."""
    height, width = pixels.shape[:2]
    red, blue = pixels[height // 2, width // 8].astype(int), pixels[height // 2, -width // 8].astype(int)
    return bool(red[0] > 180 and red[1:].max() < 90 and blue[2] > 180 and blue[:2].max() < 90)


def test_there_is_a_maker_for_every_format() -> None:
    assert {entry.name for entry in FORMATS} == set(MAKERS)


@pytest.mark.parametrize("name", NAMES)
def test_colours_are_right(tmp_path: Path, name: str) -> None:
    for suffix in format_named(name).suffixes[:3]:
        pixels = read_pixels(write(tmp_path / f"a{suffix}", MAKERS[name](left_red())), WANTED)
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3
        assert is_left_red(pixels)


JPEG_KINDS: dict[str, tuple[str, dict[str, object]]] = {
    "progressive": ("RGB", {"progressive": True}),
    "with restart markers": ("RGB", {"restart_marker_rows": 1}),
    "without subsampling": ("RGB", {"subsampling": "4:4:4"}),
    "CMYK": ("CMYK", {}),
    "grey": ("L", {}),
    "MPO": ("RGB", {"save_all": True, "append_images": [Image.new("RGB", (900, 600), "white")]}),
}


@pytest.mark.parametrize("kind", JPEG_KINDS)
@pytest.mark.parametrize("wanted", [(32, 32), (600, 600)])
def test_every_kind_of_jpeg_is_read(tmp_path: Path, kind: str, wanted: tuple[int, int]) -> None:
    mode, how = JPEG_KINDS[kind]
    path = tmp_path / "a.jpg"
    Image.fromarray(left_red()).convert(mode).save(path, "MPO" if kind == "MPO" else "JPEG", quality=92, **how)
    pixels = read_pixels(path, wanted)
    if kind == "grey":
        assert np.abs(pixels.astype(int) - pixels[:, :, :1]).max() == 0
        assert abs(int(pixels[10, 10, 0]) - 76) < 4
    else:
        assert is_left_red(pixels)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(300, 397), (397, 300), (257, 1001)])
def test_odd_sizes_keep_their_size(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    pixels = read_pixels(write(tmp_path / "a.x", MAKERS[name](left_red(*size))), (2000, 2000))
    if name == "RAW":  # developed at half its size, in whole cells of the filter
        pixels = pixels.repeat(2, 0).repeat(2, 1)
        assert np.abs(np.array(pixels.shape[:2]) - size).max() <= 8
    else:
        assert pixels.shape == (*size, 3)
    assert is_left_red(pixels)


@pytest.mark.parametrize(
    ("tag", "value", "reason"),
    [
        (259, 6, "old-style JPEG"),
        (259, 34712, "JPEG 2000"),
        (259, 50000, "Zstandard"),
        (259, 60000, "number 60000"),
        (258, 12, "12 bits per sample"),
        (258, 4, "4 bits per sample"),
        (277, 6, "6 channels"),
        (339, 3, "floating-point numbers"),
    ],
)
def test_a_tiff_that_cannot_be_read_says_why(tmp_path: Path, tag: int, value: int, reason: str) -> None:
    data = bytearray(MAKERS["TIFF"](left_red(20, 30)))
    at = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[at : at + 2], "little")
    tags = {int.from_bytes(data[a : a + 2], "little"): a for a in range(at + 2, at + 2 + 12 * count, 12)}
    place = tags.get(tag, tags[284])  # if the tag is missing, it replaces the one for the layout of the planes
    data[place : place + 12] = struct.pack("<HHIHH", tag, 3, 1, value, 0)
    with pytest.raises(UnreadablePhotoError, match=reason):
        read_pixels(write(tmp_path / "a.tif", bytes(data)), WANTED)


def test_a_progressive_jpeg_that_claims_to_be_enormous_is_refused_by_its_header(tmp_path: Path) -> None:
    data = bytearray(MAKERS["JPEG"](left_red(), progressive=True))
    at = data.index(b"\xff\xc2") + 5
    data[at : at + 4] = (60000).to_bytes(2, "big") * 2
    with pytest.raises(UnreadablePhotoError, match="120 megapixels"):
        read_pixels(write(tmp_path / "a.jpg", bytes(data)), WANTED)


def test_an_enormous_jpeg_with_separate_scans_for_its_colours_is_refused_by_its_header(tmp_path: Path) -> None:
    data = bytearray(MAKERS["JPEG"](left_red()))
    frame, scan = data.index(b"\xff\xc0") + 5, data.index(b"\xff\xda")
    data[frame : frame + 4] = (60000).to_bytes(2, "big") * 2
    data[scan : scan + 14] = b"\xff\xda\0\x08\1\1\0\0\x3f\0"  # brightness only
    with pytest.raises(UnreadablePhotoError, match="120 megapixels"):
        read_pixels(write(tmp_path / "a.jpg", bytes(data)), WANTED)


def test_a_raw_file_that_claims_an_enormous_sensor_is_refused_before_it_is_developed(tmp_path: Path) -> None:
    data = MAKERS["RAW"](left_red(200, 300))
    for tag, side in ((256, 300), (257, 200)):
        data = data.replace(struct.pack("<HHII", tag, 4, 1, side), struct.pack("<HHII", tag, 4, 1, 20_000))
    with pytest.raises(UnreadablePhotoError, match="120 megapixels"):
        read_pixels(write(tmp_path / "a.dng", data), WANTED)


def test_a_raw_file_that_takes_more_memory_than_there_is_is_not_called_damaged(tmp_path: Path) -> None:
    data = MAKERS["RAW"](left_red(200, 300)).replace(*SENSOR_WITHOUT_FILTERS)
    for tag, side, larger in ((256, 300, 6000), (257, 200, 5000)):
        data = data.replace(struct.pack("<HHII", tag, 4, 1, side), struct.pack("<HHII", tag, 4, 1, larger))
    path = write(tmp_path / "a.dng", data)
    os.truncate(path, 70_000_000)
    program = (
        "import sys; from pathlib import Path; from iqsd.photos.raw import rawpy\n"
        "from iqsd.photos.reading import read_photo; from iqsd.workers import loop\n"
        "loop.MAX_MEMORY_BYTES = 150 << 20; loop.bound_memory()\n"
        "try: read_photo(Path(sys.argv[1]), (64, 64))\n"
        "except MemoryError: print('too little')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, timeout=60)
    assert done.stdout == "too little\n", done.stderr[-500:]


@pytest.mark.skipif(not LIBJXL.is_installed, reason=f"needs {LIBJXL.install}")
@pytest.mark.parametrize("size", [(8, 8), (256, 256), (64, 48), (300, 200), (1001, 997), (1920, 1080), (1, 4000)])
def test_the_size_of_a_jpeg_xl_is_read_before_it_is_decoded(size: tuple[int, int]) -> None:
    assert jpeg_xl.size(reader(MAKERS["JPEG XL"](left_red(size[1], size[0])))) == size
    assert jpeg_xl.size(reader(b"\xff\x0a")) is None
    assert jpeg_xl.size(reader(b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20))) is None


MUCH_EXIF = struct.pack(">I4s", 8 + HEAD_BYTES, b"Exif") + bytes(HEAD_BYTES)


@pytest.mark.parametrize(
    "before", [b"", b"\0\0\0\x0cJXL \r\n\x87\n" + MUCH_EXIF + b"\0\0\0\0jxlc"], ids=["bare", "boxed"]
)
def test_a_jpeg_xl_that_would_unfold_to_too_much_is_refused_by_its_header(tmp_path: Path, before: bytes) -> None:
    if not LIBJXL.is_installed:
        pytest.skip(f"needs {LIBJXL.install}")
    # not small; height 1 + 30 bits all set; ratio 1:1
    header = (0 | 3 << 1 | ((1 << 30) - 1) << 3 | 1 << 33).to_bytes(5, "little")
    with pytest.raises(UnreadablePhotoError, match="120 megapixels"):
        read_pixels(write(tmp_path / "a.jxl", before + b"\xff\x0a" + header + bytes(20)), WANTED)


def test_an_avif_that_would_unfold_to_too_much_is_refused_by_its_header(tmp_path: Path) -> None:
    """libavif refuses files above its own limit without saying why."""
    data = bytearray(MAKERS["AVIF"](left_red()))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", 17000, 17000)
    with pytest.raises(UnreadablePhotoError, match="120 megapixels"):
        read_pixels(write(tmp_path / "a.avif", bytes(data)), WANTED)


@pytest.mark.skipif(not LIBJXL.is_installed, reason=f"needs {LIBJXL.install}")
def test_jpeg_xl_is_decoded_without_threads_of_its_own(tmp_path: Path) -> None:
    """One for each core takes 24 MB of a worker's address space: on many cores a large photo found no room."""
    watched = (
        "import sys, threading, pathlib\n"
        "from iqsd.photos import pillow\n"
        "tasks, counts, done = pathlib.Path('/proc/self/task'), [], threading.Event()\n"
        "def count():\n"
        "    while not done.wait(0.001):\n"
        "        counts.append(len(list(tasks.iterdir())))\n"
        "before = len(list(tasks.iterdir()))\n"
        "counter = threading.Thread(target=count)\n"
        "counter.start()\n"
        "from iqsd.photos.reading import read_pixels\n"
        "read_pixels(pathlib.Path(sys.argv[1]), (64, 64))\n"
        "done.set()\n"
        "counter.join()\n"
        "sys.exit(max(counts) - before - 1)\n"
    )
    path = write(tmp_path / "a.jxl", MAKERS["JPEG XL"](photograph(2400, 1600)))
    assert subprocess.run([sys.executable, "-c", watched, str(path)]).returncode == 0


@pytest.mark.skipif(not LIBJXL.is_installed, reason=f"needs {LIBJXL.install}")
def test_a_jpeg_xl_is_turned_by_its_codestream_and_never_by_exif(tmp_path: Path) -> None:
    """ISO/IEC 18181-2."""
    assert is_left_red(read_pixels(write(tmp_path / "a.jxl", MAKERS["JPEG XL"](left_red(), 6)), WANTED))


DEEP = {"JPEG XL": "I;16", "JPEG XL of floats": "F", "HEIF": "I;16"}


@pytest.mark.parametrize("name", DEEP)
def test_grey_with_many_bits_is_not_white(tmp_path: Path, name: str) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    if "JPEG XL" in name:
        pytest.importorskip("pillow_jxl")
    levels = np.linspace(0, 65535, 300).astype(np.uint16)[None].repeat(200, 0)
    kind = "JXL" if "JPEG XL" in name else "HEIF"
    picture = Image.fromarray((levels / 65535).astype(np.float32) if DEEP[name] == "F" else levels)
    picture.save(tmp_path / "a.x", kind, **({"lossless": True} if kind == "JXL" else {"quality": 95}))
    pixels = read_pixels(tmp_path / "a.x", WANTED).astype(int)
    assert np.abs(pixels - (levels >> 8)[..., None]).max() <= 3


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_raw_file_from_a_sensor_without_colour_filters_is_grey(tmp_path: Path, orientation: int) -> None:
    data = MAKERS["RAW"](photograph(300, 200), orientation).replace(*SENSOR_WITHOUT_FILTERS)
    pixels = read_pixels(write(tmp_path / "a.dng", data), WANTED)
    assert pixels.shape == ((200, 300, 3) if orientation == 1 else (300, 200, 3))
    assert np.ptp(pixels.astype(int), axis=2).max() == 0
    assert np.ptp(pixels) > 100


def test_a_heif_is_also_recognised_by_the_brand_of_the_second_edition(tmp_path: Path) -> None:
    """ISO/IEC 23008-12:2022 has a brand of its own."""
    data = MAKERS["HEIF"](left_red()).replace(b"ftypheic", b"ftypmif2")
    assert is_left_red(read_pixels(write(tmp_path / "a.heic", data), WANTED))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lie", ["a.jpg", "a.tif", "a.heic", "a.png", "none"])
def test_a_file_that_lies_about_its_type_is_read_all_the_same(tmp_path: Path, name: str, lie: str) -> None:
    assert is_left_red(read_pixels(write(tmp_path / lie, MAKERS[name](left_red())), WANTED))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fraction", [0.02, 0.5])
def test_a_file_that_was_cut_off_is_a_one_line_error(tmp_path: Path, name: str, fraction: float) -> None:
    rng = np.random.default_rng(0)
    data = MAKERS[name](rng.integers(0, 256, (300, 400, 3), np.uint8))
    path = write(tmp_path / f"a{format_named(name).suffixes[0]}", data[: int(len(data) * fraction)])
    with pytest.raises(UnreadablePhotoError) as caught:
        read_pixels(path, WANTED)
    assert "\n" not in str(caught.value)


def test_a_format_that_is_not_installed_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBJXL.__dict__, "is_installed", False)
    path = write(tmp_path / "a.jxl", b"\xff\x0a" + bytes(100))
    with pytest.raises(MissingLibraryError, match=r"JPEG XL is not installed .*pip install pillow-jxl-plugin"):
        read_pixels(path, WANTED)


def test_the_command_lists_every_format_and_suffix(iqsd: Iqsd) -> None:
    done = iqsd.run("formats")
    assert done.returncode == 0
    for entry in formats.FORMATS:
        assert entry.name in done.stdout
        assert all(suffix in done.stdout.split() for suffix in entry.suffixes)


def test_docs_formats_names_every_suffix() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")
    assert [suffix for entry in FORMATS for suffix in entry.suffixes if f"`{suffix}`" not in page] == []


def test_photos_of_every_format_are_rated(iqsd: Iqsd) -> None:
    photos = []
    for entry in FORMATS:
        if entry.needs.is_installed:
            photos.append(write(iqsd.pictures / f"a{entry.suffixes[0]}", MAKERS[entry.name](left_red())))
    lines = iqsd.rescan()
    assert [line["status"] for line in lines] == ["rated"] * len(photos)
    assert all(sidecar(photo).exists() for photo in photos)
