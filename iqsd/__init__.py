"""iqsd, the Image Quality Sorter daemon: new photos get a pick label and stars in an XMP sidecar."""

__version__ = "0.1.0"
