"""Frames that belong together: bursts and near-duplicates, exposure brackets, panoramas."""
