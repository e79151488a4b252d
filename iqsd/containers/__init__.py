"""Photo files as containers: where in them the metadata lie. Imports nothing else of iqsd: workers load it, too."""
