"""Writes commands.md, settings.md, errors.md and iqsd.1 from the tables in the code: `python docs/generate.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer.main

from iqsd import __version__, errors, settings
from iqsd.cli import app
from iqsd.cli.examples import EXAMPLES

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
        text += (
            "".join(f"    {typed:<50} # {what}\n" for typed, what in _examples(path)) + "\n" if _examples(path) else ""
        )
    return text + _SCORE_LINE + _COMPLETION


def setting_table() -> str:
    """Every setting of config.toml."""
    rows = []
    for setting in settings.SETTINGS:
        default = "" if setting.default is None else f"`{settings.toml(setting.default)}`"
        rows.append((f"`{setting.key}`", default, setting.help))
    return (
        f"{NOTE}# Settings\n\n"
        "`iqsd config init` writes a commented `config.toml` with every setting into `~/.config/iqsd/` (or "
        "`$XDG_CONFIG_HOME/iqsd/`). `iqsd config check` checks it, and `iqsd config show` prints the settings in "
        "force. Write the key `section.name` as `name = ...` under `[section]`.\n\n"
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
        f"{NOTE}# Errors\n\nEvery error, except in the command line itself, is one line on standard error: "
        "`iqsd: WHERE: WHAT (WHAT TO DO)`. A photo that cannot be rated does not stop the run, which then ends with "
        "exit code 1.\n\n## Exit codes\n\n"
        + _table(("code", "meaning"), codes)
        + "## Kinds of errors\n\n"
        + _table(("kind", "what it means", "exit code"), kinds)
    )


def man_page() -> str:
    """iqsd(1), in man(7) macros."""
    app_command = typer.main.get_command(app)
    lines = [
        '.\\" Written by `python docs/generate.py` from the tables in the code.',
        f'.TH IQSD 1 "" "iqsd {__version__}" "User Commands"',
        *(".SH NAME", "iqsd \\- rate new photos and write stars and pick labels into XMP sidecars"),
        *(".SH SYNOPSIS", ".B iqsd", ".I COMMAND", "[OPTIONS] [ARGUMENTS]"),
        *(".SH DESCRIPTION", _roff(_paragraph(app_command.help))),
        "It never touches an original, never changes a rating that a person gave, and sends nothing anywhere.",
        ".SH COMMANDS",
    ]
    for path, command in _walk(app_command, "iqsd"):
        if _below(command):
            continue
        arguments = " ".join(p.metavar for p in command.params if p.param_type_name == "argument")
        lines += [".SS", _roff(f"{path} [OPTIONS] {arguments}".strip()), _roff(_paragraph(command.help))]
        for parameter in command.params:
            name, meaning = _row(parameter)
            lines += [".TP", f".B {_roff(name.strip('`'))}", _roff(meaning)]
        if _examples(path):
            lines.append(".PP\nExamples:")
            lines += [f".RS\n.EX\n{_roff(typed)}\n.EE\n{_roff(what)}\n.RE" for typed, what in _examples(path)]
    lines.append(".SH EXIT STATUS")
    for code, meaning in errors.EXIT_CODES.items():
        lines += [".TP", f".B {int(code)}", _roff(meaning)]
    lines.append(".SH SETTINGS")
    for setting in settings.SETTINGS:
        default = "" if setting.default is None else f" [{settings.toml(setting.default)}]"
        lines += [".TP", f".B {_roff(setting.key)}", _roff(setting.help + default)]
    return "\n".join([*lines, *_MAN_END]) + "\n"


PAGES = {"commands.md": commands, "settings.md": setting_table, "errors.md": error_list, "iqsd.1": man_page}

_MAN_END = (
    *(".SH FILES", ".TP", ".I \\(ti/.config/iqsd/config.toml", "the settings; iqsd config init writes one"),
    *(".TP", ".I \\(ti/.local/state/iqsd/journal.db", "the journal; if lost, it is rebuilt from the sidecars"),
    *(".TP", ".I IMG.jpg.xmp", "the sidecar of IMG.jpg"),
    *(".SH ENVIRONMENT", ".TP", ".B XDG_CONFIG_HOME, XDG_STATE_HOME", "where the first two files are"),
    *(".TP", ".B NO_COLOR", "if set, output has no colours"),
    *(".SH SEE ALSO", ".BR digikam (1),", ".BR darktable (1),", ".BR exiftool (1)"),
)


def _examples(path: str) -> tuple[tuple[str, str], ...]:
    return EXAMPLES.get(path.removeprefix("iqsd").strip(), ())


def _roff(text: str) -> str:
    """Text as man(7) wants it: backslashes, hyphens and leading dots are no longer special."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("`", "")
    return f"\\&{text}" if text.startswith((".", "'")) else text


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

`iqsd score --json` and `iqsd rescan --json` print one JSON object per photo, each on its own line:

| field | meaning |
| --- | --- |
| `path` | the photo; bytes of its name that are not text are escaped (`\\\\xe9`) |
| `score` | 0 to 100, the one number to sort by |
| `aesthetic` | 1 to 10, the mean of the model's aesthetic distribution; null if the model has none |
| `quality` | 1 to 5, a mean opinion score; null if the model has none |
| `faults` | name to 0..1; from 0.5 a person would name the fault |
| `rating` | the stars of the verdict, 1 to 5 |
| `pick_label` | the label of the verdict: `rejected`, `pending` or `accepted` |
| `reasons` | why, the most important first |
| `model` | name and version of the model |
| `embedding` | with `--embedding`: the photo's unit vector |
| `error` | instead of all but `path`: why the photo could not be judged |

`iqsd explain --json` prints the same and more: `distributions` (the shares of each output), `parts` (what each output
adds to the score, and what faults take away), `thresholds`, `margins` (in sentences), `sidecar` (its values, whose
they are, and what iqsd wrote and when; `sidecar_error` if that cannot be determined), `folder` (`place`, `of` how
many, and `upper_percent`; null if the journal knows fewer than ten photos there), `group` (its place in a burst),
`capture` (what the camera recorded) and `figures_from` (`journal` or `photo`).

`iqsd rescan` adds `status` (`rated`, `kept`, `unchanged`, `failed`, or `gone`: deleted or renamed meanwhile) and
`written`: the rating and the pick label (as digiKam's number) that iqsd wrote, null where a person's was kept. A photo
that needed nothing has only `path` and `status`. A photo whose verdict changes when its burst is judged gets a second
line, with the status `settled`.

`iqsd undo --json` prints `path`, `sidecar_removed` (otherwise the sidecar stays, without what iqsd wrote) and
`left_to_person` (the fields that a person has changed since). `iqsd apply --json` prints `status` (`written`, `stands
already` or `left alone`), `path`, and the `rating` and `pick_label` (as a number) that were decided. Where something
went wrong, there is `error` instead.
"""

_COMPLETION = """
## Completion

`iqsd --install-completion` installs completion of commands and options for the shell it is called from (bash, zsh or
fish). Open a new shell to use it. `iqsd --show-completion` prints what would be installed.
"""


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
