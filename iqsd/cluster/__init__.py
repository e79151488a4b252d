"""Judging on a Dask cluster: the workers open photos, the one thread that asked writes sidecars and journal as ever."""
