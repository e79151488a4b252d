"""Photo files as containers: where their metadata are. Imports nothing else of iqsd, because workers load it too."""
