"""What one photo may cost. Every adapter reads the header first and refuses anything above before it allocates."""

from __future__ import annotations

from iqsd.errors import UnreadablePhotoError

MAX_DECODED_PIXELS = 120_000_000
"""What one photo may decode to: 120 megapixels, 360 MB. A JPEG is decoded at 1/2, 1/4 or 1/8 if that is enough."""

TOO_LARGE = f"larger than {MAX_DECODED_PIXELS // 1_000_000} megapixels when decoded; iqsd does not open it"


def check_size(width: int, height: int) -> None:
    """Refuse a picture that would decode to too many pixels, by what its header says.

    Raises:
        UnreadablePhotoError: it has no pixels, or more than `MAX_DECODED_PIXELS`.
    """
    if width <= 0 or height <= 0:
        raise UnreadablePhotoError("the picture is damaged: it has no size")
    if width * height > MAX_DECODED_PIXELS:
        raise UnreadablePhotoError(TOO_LARGE)


PICTURE_MARGIN, PREVIEW_MARGIN = 3.5, 2.5
"""How many times the wanted size has to remain: of a picture that its decoder shrinks, and of a preview.

Of a picture, because fine faults are judged on what remains; of a preview, because it has already been shrunk and
compressed once: with less, scores move by more than a twentieth of a grade on average. docs/formats.md has the tables.
"""


def shrunk(width: int, height: int, wanted: tuple[int, int]) -> tuple[int, int]:
    """The (width, height) that is enough for a picture that is processed before it is fitted to the model."""
    scale = min(1.0, max(wanted) * PREVIEW_MARGIN / min(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def reduction(width: int, height: int, wanted: tuple[int, int]) -> int:
    """How far a picture may be shrunk while it is decoded: by 8, 4, 2, or not at all (1)."""
    need = max(wanted) * PICTURE_MARGIN  # the larger side wanted: the orientation may swap the photo's sides
    return next((factor for factor in (8, 4, 2) if min(width, height) // factor >= need), 1)
