"""How other programs read what iqsd writes, and iqsd what they write: tested with the real programs."""
