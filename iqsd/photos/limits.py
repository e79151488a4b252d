"""What one photo may cost. Every adapter looks at the header first and refuses what lies above, before it allocates."""

from __future__ import annotations

from iqsd.errors import UnreadablePhotoError

MAX_DECODED_PIXELS = 120_000_000
"""What one photo may unfold to: 120 megapixels, 360 MB. A JPEG is unfolded at 1/2, 1/4 or 1/8 where that is enough."""

TOO_LARGE = f"larger than {MAX_DECODED_PIXELS // 1_000_000} megapixels when decoded; iqsd does not open it"


def check_size(width: int, height: int) -> None:
    """Refuse a picture that would unfold to too much, by what its header says.

    Raises:
        UnreadablePhotoError: it has no pixels, or more than `MAX_DECODED_PIXELS`.
    """
    if width <= 0 or height <= 0:
        raise UnreadablePhotoError("the picture is damaged: it has no size")
    if width * height > MAX_DECODED_PIXELS:
        raise UnreadablePhotoError(TOO_LARGE)


PICTURE_MARGIN, PREVIEW_MARGIN = 3.5, 2.5
"""How many times as large as wanted the pixels have to stay, of a picture that its decoder shrinks and of a preview.

Of a picture, because fine faults are judged on what stays; of a preview, because it has been shrunk and compressed once
before: with less, scores move by more than a twentieth of a grade in the mean. docs/formats.md has the tables.
"""


def shrunk(width: int, height: int, wanted: tuple[int, int]) -> tuple[int, int]:
    """The (width, height) that is enough of a picture that has to be worked on before it is fitted to the model."""
    scale = min(1.0, max(wanted) * PREVIEW_MARGIN / min(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def reduction(width: int, height: int, wanted: tuple[int, int]) -> int:
    """How far a picture may be shrunk while it is decoded: by 8, 4, 2, or not at all (1)."""
    need = max(wanted) * PICTURE_MARGIN  # the larger side wanted: the orientation may swap the photo's sides
    return next((factor for factor in (8, 4, 2) if min(width, height) // factor >= need), 1)
