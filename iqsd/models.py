"""Where the model that comes with iqsd lies: beside the code in an installed package, in models/ in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped_model() -> Path:
    """The .tflite that comes with iqsd; its metadata lies beside it."""
    installed = _PACKAGE / "models" / "iqsd.tflite"
    return installed if installed.exists() else _PACKAGE.parent / "models" / "iqsd.tflite"
