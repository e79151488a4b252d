"""How iqsd notices photos: events make it fast, the sweep makes it reliable, settling makes sure they are whole."""
