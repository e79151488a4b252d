"""Writes commands.md, settings.md and errors.md from the tables in the code: `python docs/generate.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer.main

from iqsd import errors, settings
from iqsd.cli import app

DOCS = Path(__file__).parent
NOTE = "<!-- Written by `python docs/generate.py` from the tables in the code. Edit those. -->\n\n"


def commands() -> str:
    """Every command with its arguments and options."""
    text = f"{NOTE}# Commands\n\n"
    for path, command in _walk(typer.main.get_command(app), "iqsd"):
        arguments = [p.metavar for p in command.params if p.param_type_name == "argument"]
        usage = " ".join([path, "COMMAND" if _below(command) else "[OPTIONS]", *arguments])
        text += f"## `{path}`\n\n{_paragraph(command.help)}\n\n    {usage}\n\n"
        rows = [_row(parameter) for parameter in command.params if "completion" not in str(parameter.name)]
        text += _table(("option", "meaning"), rows) if rows else ""
    return text + _SCORE_LINE


def setting_table() -> str:
    """Every setting of config.toml."""
    rows = []
    for setting in settings.SETTINGS:
        default = "" if setting.default is None else f"`{settings.toml(setting.default)}`"
        rows.append((f"`{setting.key}`", default, setting.help))
    return (
        f"{NOTE}# Settings\n\n"
        "`iqsd config init` writes a commented `config.toml` with every setting into `~/.config/iqsd/` (or "
        "`$XDG_CONFIG_HOME/iqsd/`), `iqsd config check` says whether it is in order, `iqsd config show` what is in "
        "force. A key `section.name` stands as `name = ...` under `[section]`.\n\n"
        + _table(("key", "default", "meaning"), rows)
    )


def error_list() -> str:
    """Exit codes and kinds of errors."""
    codes = [(str(int(code)), text) for code, text in errors.EXIT_CODES.items()]
    kinds = [
        (kind.title, (kind.__doc__ or "").splitlines()[0], str(int(kind.exit_code)))
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.IqsdError) and kind is not errors.IqsdError
    ]
    return (
        f"{NOTE}# Errors\n\nEvery error is one line on standard error: `iqsd: WHERE: WHAT (WHAT TO DO)`. A photo that "
        "cannot be rated costs itself alone: the run goes on and ends with exit code 1.\n\n## Exit codes\n\n"
        + _table(("code", "meaning"), codes)
        + "## Kinds of errors\n\n"
        + _table(("kind", "what it means", "exit code"), kinds)
    )


PAGES = {"commands.md": commands, "settings.md": setting_table, "errors.md": error_list}


def _walk(command: Any, path: str) -> list[tuple[str, Any]]:
    return [(path, command)] + [w for name, below in _below(command).items() for w in _walk(below, f"{path} {name}")]


def _below(command: Any) -> dict[str, Any]:
    return getattr(command, "commands", {})


def _row(parameter: Any) -> tuple[str, str]:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar}`", parameter.help
    value = "" if parameter.is_flag else f" {parameter.metavar}"
    return f"`{', '.join(parameter.opts)}{value}`", parameter.help


def _paragraph(text: str) -> str:
    return " ".join(text.split())


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in lines) + "\n"


_SCORE_LINE = """## The score line

`iqsd score --json` and `iqsd rescan --json` print one JSON object a photo and line:

| field | meaning |
| --- | --- |
| `path` | the photo; bytes of its name that are no text are spelled out (`\\\\xe9`) |
| `score` | 0 to 100, the one number to sort by |
| `aesthetic` | 1 to 10, the mean of the model's aesthetic distribution; null if the model has none |
| `quality` | 1 to 5, a mean opinion score; null if the model has none |
| `faults` | name to 0..1; from 0.5 on a person would name the fault |
| `rating` | the stars of the verdict, 1 to 5 |
| `pick_label` | the label of the verdict: `rejected`, `pending` or `accepted` |
| `reasons` | why, the weightiest first |
| `model` | name and version of the model |
| `embedding` | with `--embedding`: the photo's unit vector |
| `error` | instead of all but `path`: why the photo could not be judged |

`iqsd rescan` adds `status` (`rated`, `kept`, `unchanged` or `failed`) and `written`: the rating and the pick label (by
digiKam's numbers) that iqsd wrote, null where a person's was left. A photo that needed nothing has `path` and `status`.
A photo whose verdict is another once its burst is judged has a second line, with the status `settled`.
"""


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
