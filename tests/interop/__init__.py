"""What other programs make of what iqsd writes, and iqsd of what they write: asked of the real programs."""
