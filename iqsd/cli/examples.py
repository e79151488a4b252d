"""What people type: examples of every command, for --help, the man page and docs/commands.md."""

from __future__ import annotations

import typer

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "rescan": (
        ("iqsd rescan", "rate what is new in the watched folders"),
        ("iqsd rescan --dry-run ~/Pictures/2024", "say what would be written, but write nothing"),
        ("iqsd rescan --json ~/Pictures > scores.jsonl", "one JSON object per photo, for other programs"),
    ),
    "start": (
        ("iqsd start", "watch the folders from the settings until Ctrl-C"),
        ("iqsd start ~/Pictures /mnt/nas/photos", "watch these instead"),
        ("iqsd start --log-format json --quiet", "only warnings and errors, as JSON"),
    ),
    "score": (
        ("iqsd score *.jpg", "one line per photo"),
        ("iqsd score --json photo.jpg | jq .score", "only the number"),
    ),
    "undo": (
        ("iqsd undo --dry-run ~/Pictures", "say what would be taken back"),
        ("iqsd undo --since 2024-12-24 ~/Pictures", "only what was written since then"),
    ),
    "status": (("iqsd status", "what the daemon is doing, and which photos failed"),),
    "retry": (("iqsd retry ~/Pictures/card", "try again what failed in this folder"),),
    "formats": (("iqsd formats", "which formats can be read, and by which library"),),
    "report": (
        ("iqsd report ~/Pictures/2024", "write report.html, to open in a browser"),
        ("iqsd report --dry-run -o trial.html ~/Pictures", "see what iqsd would do before it does it"),
    ),
    "apply": (("iqsd apply report.json", "write your decisions from the report"),),
    "explain": (
        ("iqsd explain photo.jpg", "why the photo got its verdict"),
        ("iqsd explain --heatmap map.png photo.jpg", "draw how covering each part changes the score"),
    ),
    "calibrate": (
        ("iqsd calibrate ~/Pictures", "show how the scores are spread, and propose thresholds"),
        ("iqsd calibrate --set ~/Pictures", "write the proposed ones into config.toml"),
    ),
    "doctor": (("iqsd doctor", "what is wrong, and what to do"),),
    "config show": (("iqsd config show", "the settings in force"),),
    "config check": (("iqsd config check --config trial.toml", "check settings before using them"),),
    "config init": (("iqsd config init", "write a config.toml to edit"),),
    "service install": (("iqsd service install", "run now and at every login"),),
    "service uninstall": (("iqsd service uninstall", "stop, and do not start again"),),
    "service status": (("iqsd service status", "active, inactive or failed"),),
    "digikam check": (("iqsd digikam check", "is digiKam set to read sidecars?"),),
    "digikam setup": (("iqsd digikam setup", "change its settings, with a backup"),),
    "models list": (("iqsd models list", "the available models; a star marks the one in use"),),
    "models check": (("iqsd models check mine.tflite photo.jpg", "its results for plain frames and for a photo"),),
    "models use": (("iqsd models use mine.tflite", "rate with it from now on"),),
}
"""For each command: what is typed, and what that does."""


def add_examples(app: typer.Typer, above: str = "") -> None:
    """Put the examples of every command below an app at the end of its help."""
    for command in app.registered_commands:
        name = command.name or (command.callback.__name__ if command.callback else "")
        rows = EXAMPLES.get(f"{above}{name}", ())
        command.epilog = "\b\nExamples:\n" + "\n".join(f"  {typed}\n      {what}" for typed, what in rows)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            add_examples(group.typer_instance, f"{above}{group.name} ")
