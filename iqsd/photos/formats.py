"""The table of formats. A new one is one entry here and, if it needs another library, one adapter beside this file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from iqsd.photos import tiff
from iqsd.photos.source import Source

if TYPE_CHECKING:  # without it, the process that only walks folders starts in half the time and is 14 MB smaller
    import numpy as np
    import numpy.typing as npt

Pixels: TypeAlias = "npt.NDArray[np.uint8]"


class Picture(NamedTuple):
    """What an adapter makes of a file.

    Attributes:
        pixels: RGB, uint8, shape (height, width, 3), upright; may be a view of memory in another order.
        profile: the ICC profile that says what their numbers mean; empty: sRGB; None: the file has none.
    """

    pixels: Pixels
    profile: bytes | None = None


Decoder: TypeAlias = Callable[[Source, tuple[int, int]], Picture]
"""The file, and the smallest useful (width, height)."""

Mark = tuple[int, bytes]
"""(offset, bytes) that identify a file."""


@dataclass(frozen=True)
class Library:
    """A library that an adapter needs.

    Attributes:
        name: its name for people.
        package: its name for pip.
        module: its name in Python.
    """

    name: str
    package: str
    module: str

    @cached_property
    def is_installed(self) -> bool:
        """Whether it can be imported."""
        return find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """The installed version."""
        from importlib import metadata  # costs 4 MB and 20 ms, so only when needed

        return metadata.version(self.package)

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"pip install {self.package}"


@dataclass(frozen=True)
class Format:
    """One kind of photo file.

    Attributes:
        name: its name for people.
        suffixes: lower case, with the dot.
        starts: what the file's first bytes may be: a text file called .jpg is recognised at once.
        adapter: the module beside this one that reads its pixels. Loaded at first use: the process that only walks
            folders never pays for a decoder.
        needs: the library that the adapter needs.
        how: what is read from the file, for people.
    """

    name: str
    suffixes: tuple[str, ...]
    starts: tuple[Mark, ...]
    adapter: str
    needs: Library
    how: str

    def recognises(self, head: bytes) -> bool:
        """Whether the file's first bytes are those of this format."""
        return any(head[at : at + len(mark)] == mark for at, mark in self.starts)

    def decode(self, source: Source, wanted: tuple[int, int]) -> Picture:
        """The photo's pixels: see `Decoder`."""
        decoder: Decoder = import_module(f"iqsd.photos.{self.adapter}").decode
        return decoder(source, wanted)


OPENCV = Library("OpenCV", "opencv-python-headless", "cv2")
PILLOW = Library("Pillow", "pillow", "PIL")
LIBHEIF = Library("pi-heif (libheif)", "pi-heif", "pi_heif")
LIBRAW = Library("rawpy (LibRaw)", "rawpy", "rawpy")
LIBJXL = Library("pillow-jxl-plugin (libjxl)", "pillow-jxl-plugin", "pillow_jxl")

_TIFF_STARTS: tuple[Mark, ...] = ((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+"))

# Checked before the others: these first bytes belong to RAW alone, whatever follows.
_RAW_SUFFIXES = (
    ".3fr .arw .bay .cr2 .cr3 .crw .dcr .dcs .dng .erf .fff .gpr .iiq .k25 .kdc .mef .mos .mrw .nef .nrw .orf .ori "
    ".pef .raf .raw .rw2 .rwl .sr2 .srf .srw .x3f"
)
RAW = Format(
    "RAW",
    tuple(_RAW_SUFFIXES.split()),
    (
        (0, b"FUJIFILMCCD-RAW"),
        (0, b"IIRO"),
        (0, b"IIRS"),
        (0, b"MMOR"),
        (0, b"IIU\0"),
        (0, b"FOVb"),
        (0, b"\0MRM"),
        (6, b"HEAPCCDR"),
        (8, b"CR\x02"),
        (4, b"ftypcrx "),
    ),
    "raw",
    LIBRAW,
    "the embedded preview; without one, the sensor's data at half its size",
)
TIFF = Format("TIFF", (".tif", ".tiff"), _TIFF_STARTS, "tiff_photo", OPENCV, "the picture (8 and 16 bit)")

FORMATS: tuple[Format, ...] = (
    Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        ((0, b"\xff\xd8\xff"),),
        "jpeg_photo",
        OPENCV,
        "the embedded preview (MPF); without one, the picture, shrunk while it is decoded",
    ),
    Format("PNG", (".png",), ((0, b"\x89PNG\r\n\x1a\n"),), "opencv", OPENCV, "the picture (8 and 16 bit)"),
    TIFF,
    Format("WebP", (".webp",), ((8, b"WEBP"),), "opencv", OPENCV, "the picture"),
    Format(
        "HEIF",
        (".heic", ".heif", ".hif", ".heics", ".heifs"),
        tuple(
            (4, b"ftyp" + brand)
            for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1")
        ),
        "heif",
        LIBHEIF,
        "the picture",
    ),
    Format("AVIF", (".avif", ".avifs"), ((4, b"ftypavif"), (4, b"ftypavis")), "pillow", PILLOW, "the picture"),
    Format(
        "JPEG XL",
        (".jxl",),
        ((0, b"\xff\x0a"), (0, b"\0\0\0\x0cJXL \r\n\x87\n")),
        "pillow",
        LIBJXL,
        "the picture",
    ),
    RAW,
)

_BY_SUFFIX = {suffix: entry for entry in FORMATS for suffix in entry.suffixes}
_BRANDS = 64  # bytes of a HEIF file that its compatible brands are in


def format_of_name(name: str) -> Format | None:
    """The format that the file's name promises, or None if it is not a photo's name."""
    dot = name.rfind(".")  # os.path.splitext takes three times as long, and this is called for every file of an archive
    return _BY_SUFFIX.get(name[dot:].lower()) if dot > 0 else None


def format_of_content(source: Source, name: str) -> Format | None:
    """The format that the file's bytes show, or None. The name counts only where the bytes leave it open."""
    head = source.head
    if RAW.recognises(head):
        return RAW
    found = next((entry for entry in FORMATS if entry.recognises(head)), None)
    if found in (TIFF, None) and format_of_name(name) is RAW:  # every maker has its own marks; LibRaw knows them
        return RAW
    if found is TIFF and tiff.is_raw(source.part):
        return RAW
    if found is not None and found.name == "HEIF" and b"avif" in head[16:_BRANDS] and b"hei" not in head[8:_BRANDS]:
        return next(entry for entry in FORMATS if entry.name == "AVIF")
    return found
