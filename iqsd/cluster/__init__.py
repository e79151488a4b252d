"""Judging on a Dask cluster: its workers open photos; one thread here writes sidecars and journal, as always."""
