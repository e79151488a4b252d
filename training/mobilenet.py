"""The widths of MobileNet's layers: the teacher's, and those of the aesthetic branch made from it."""

WIDTHS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Channels and stride of each of MobileNet's blocks (arXiv:1704.04861, table 1)."""
SQUEEZED_FROM, RANK = 7, 144
"""From this block on, pointwise convolutions are squeezed into this many channels; the others stay whole."""
