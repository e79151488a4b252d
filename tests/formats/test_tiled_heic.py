"""A tiled HEIC is unfolded one row of tiles at a time: the same picture, in little memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pi_heif
import pytest

from iqsd.containers.parts import reader
from iqsd.errors import UnreadablePhotoError
from iqsd.photos import limits
from iqsd.photos.formats import Pixels
from iqsd.photos.heif_grid import read_grid
from iqsd.photos.reading import read_pixels
from tests.formats.making import heic, photograph, write
from tests.formats.tiled_heic import tiled_heic

TILE = 128


def as_libheif_shows_it(data: bytes) -> Pixels:
    picture = pi_heif.open_heif(data)
    return np.asarray(picture)[:, : picture.size[0], :3].copy()


@pytest.mark.parametrize("size", [(256, 128), (250, 140), (128, 128)])
@pytest.mark.parametrize(("turns", "mirrored"), [(0, False), (1, False), (2, True), (3, True)])
def test_its_pixels_are_those_of_libheif_decoding_it_as_a_whole(
    tmp_path: Path, size: tuple[int, int], turns: int, mirrored: bool
) -> None:
    data = tiled_heic(photograph(*size), turns, mirrored, TILE)
    assert read_grid(reader(data)) is not None
    assert np.array_equal(read_pixels(write(tmp_path / "a.heic", data), (4000, 4000)), as_libheif_shows_it(data))


def test_shrunk_it_is_the_same_picture_as_one_that_was_not_tiled(tmp_path: Path) -> None:
    picture = photograph(518, 390)
    tiled = read_pixels(write(tmp_path / "a.heic", tiled_heic(picture, tile=TILE)), (27, 27))
    whole = read_pixels(write(tmp_path / "b.heic", heic(picture)), (27, 27))
    assert tiled.shape == whole.shape == (97, 129, 3)
    assert np.abs(tiled.astype(int) - whole).mean() < 2


def test_a_last_row_of_tiles_too_thin_to_shrink_is_left_out(tmp_path: Path) -> None:
    tiled = read_pixels(write(tmp_path / "a.heic", tiled_heic(photograph(256, TILE + 1), tile=TILE)), (18, 18))
    assert tiled.shape == (TILE // 2, 128, 3)


def test_a_picture_that_is_not_tiled_or_odd_is_left_to_libheif() -> None:
    data = tiled_heic(photograph(256, 256), tile=TILE)
    assert read_grid(reader(heic(photograph(256, 256)))) is None
    assert read_grid(reader(data.replace(b"hvc1", b"hvc2", 1))) is None
    assert read_grid(reader(data[:100])) is None
    assert read_grid(reader(b"")) is None


def test_a_picture_that_was_cut_off_is_unreadable_however_little_is_missing(tmp_path: Path) -> None:
    for data in (tiled_heic(photograph(256, 256), tile=TILE), heic(photograph(256, 256))):
        with pytest.raises(UnreadablePhotoError, match="damaged or cut off"):
            read_pixels(write(tmp_path / "a.heic", data[:-20]), (100, 100))


def test_a_tiled_picture_that_would_unfold_to_too_much_is_refused_by_its_header(tmp_path: Path) -> None:
    data = tiled_heic(photograph(256, 256), tile=TILE)
    large = (1 << 15).to_bytes(4, "big")
    grid, tile = (b"\0\1\1\1" + (256).to_bytes(4, "big") * 2), (TILE.to_bytes(4, "big") * 2)
    assert data.count(grid) == data.count(tile) == 1
    lie = data.replace(grid, b"\0\1\1\1" + large * 2).replace(tile, (1 << 14).to_bytes(4, "big") * 2)
    with pytest.raises(UnreadablePhotoError, match="120 megapixels"):
        read_pixels(write(tmp_path / "a.heic", lie), (100, 100))


def test_an_untiled_picture_that_would_unfold_to_too_much_is_refused_by_its_header(tmp_path: Path) -> None:
    data, size = heic(photograph(256, 256)), (256).to_bytes(4, "big") * 2
    assert data.count(size) == 1
    with pytest.raises(UnreadablePhotoError, match="120 megapixels"):
        read_pixels(write(tmp_path / "a.heic", data.replace(size, (12_000).to_bytes(4, "big") * 2)), (100, 100))


def test_the_limit_applies_to_the_part_unfolded_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = write(tmp_path / "a.heic", tiled_heic(photograph(512, 512), tile=TILE))
    monkeypatch.setattr(limits, "MAX_DECODED_PIXELS", 512 * TILE)
    assert read_pixels(photo, (27, 27)).shape == (128, 128, 3)
    with pytest.raises(UnreadablePhotoError, match="megapixels when decoded"):
        read_pixels(photo, (384, 384))
    monkeypatch.setattr(limits, "MAX_DECODED_PIXELS", 512 * TILE - 1)
    with pytest.raises(UnreadablePhotoError, match="megapixels when decoded"):
        read_pixels(photo, (27, 27))


def test_a_picture_that_libheif_cannot_decode_is_not_called_damaged(tmp_path: Path) -> None:
    unknown = heic(photograph(256, 256)).replace(b"hvc1", b"j2k1", 1)
    with pytest.raises(UnreadablePhotoError, match="no picture in it that libheif can decode"):
        read_pixels(write(tmp_path / "a.heic", unknown), (100, 100))


def test_twelve_megapixels_need_less_memory_than_their_pixels_would(tmp_path: Path) -> None:
    photo = write(tmp_path / "a.heic", tiled_heic(np.tile(photograph(512, 512), (6, 8, 1))))
    script = "import resource, sys; from pathlib import Path; from iqsd.photos import heif\n"
    script += "from iqsd.photos.reading import read_pixels\n"
    script += "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
    script += "assert read_pixels(Path(sys.argv[1]), (384, 384)).shape == (1536, 2048, 3)\n"
    script += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    done = subprocess.run([sys.executable, "-c", script, photo], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 36_864  # kB, as much as its pixels take
