"""The page as one file: style, program and data in it, nothing loaded from anywhere, not even allowed to be."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

_ROOM = Path(__file__).parent / "page"
_STYLES = ("style.css", "photos.css")
_SCRIPTS = (
    "photos.js",
    "selection.js",
    "grid.js",
    "filters.js",
    "choice.js",
    "large.js",
    "changes.js",
    "keys.js",
    "start.js",
)
THUMBS_A_BLOCK = 100
MARK = b'<meta name="generator" content="iqsd report">'
"""This identifies a file as a report, which the next report may replace."""


def pieces(title: str, data: Mapping[str, object], thumbnails: Iterable[bytes]) -> Iterator[str]:
    """The page, piece by piece, so that a thousand thumbnails are never in memory together.

    Args:
        title: the heading at the top.
        data: what the script on the page reads (docs/report.md).
        thumbnails: one WebP for each of the rows in `data`; empty where there is none. Taken one at a time.
    """
    style = "".join(_read(name) for name in _STYLES)
    script = '(() => {\n"use strict";\n' + "".join(_read(name) for name in _SCRIPTS) + "})();\n"
    policy = (
        f"default-src 'none'; img-src data: file:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    texts = {
        "title": html.escape(title),
        "policy": html.escape(policy, quote=False),
        "style": style,
        "script": script,
        # Only "<" can end a script element, or begin something that would hide its end.
        "data": json.dumps({**data, "thumbs_a_block": THUMBS_A_BLOCK}, ensure_ascii=False).replace("<", "\\u003c"),
    }
    # Split before it is filled in: a folder may be called "@data@".
    for number, part in enumerate(re.split("@([a-z]+)@", _read("page.html"))):
        is_mark = number % 2 == 1
        if is_mark and part == "thumbs":
            yield from _blocks(iter(thumbnails))
        else:
            yield texts[part] if is_mark else part


def _blocks(thumbnails: Iterator[bytes]) -> Iterator[str]:
    while block := list(islice(thumbnails, THUMBS_A_BLOCK)):
        lines = "\n".join(base64.b64encode(data).decode("ascii") for data in block)
        yield f'<script type="text/plain" class="thumbs">{lines}</script>\n'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _read(name: str) -> str:
    return (_ROOM / name).read_text("utf-8")
