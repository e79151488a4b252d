"""How photos come to iqsd's notice: events make it fast, the sweep makes it true, settling makes it whole."""
