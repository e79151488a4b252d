"""darktable: run on an invisible screen, driven and queried through its built-in Lua."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from .processes import adopt_orphans, private_environment, screen, start, stop, wait_until

NEEDS = ("darktable", "Xvfb", "xauth", "dbus-run-session")
REJECTED = -1

_LUA = """
local darktable = require "darktable"
local edits = {{ {edits} }}
local films = 0

-- a photo is counted before its sidecar is read; of a whole folder this is said afterwards
darktable.register_event("iqsd", "post-import-film", function() films = films + 1 end)

local function answer()
  local expected, expected_films = 0, 0
  for _, folder in ipairs({{ {folders} }}) do -- one after the other: imports at the same time disturb each other
    darktable.database.import(folder[1])
    expected = expected + folder[2]
    expected_films = expected_films + math.min(folder[2], 1)
    while #darktable.database < expected or films < expected_films do darktable.control.sleep(100) end
  end
  local file = io.open({answer}, "w")
  for _, photo in ipairs(darktable.database) do
    local path = photo.path .. "/" .. photo.filename
    if edits[path] then photo.rating = edits[path] end
    local tags = {{}}
    for _, tag in ipairs(photo:get_tags()) do
      if tag.name:sub(1, 10) ~= "darktable|" then table.insert(tags, tag.name) end
    end
    file:write(table.concat({{path, photo.rating, photo.title, table.concat(tags, ",")}}, "\\t") .. "\\n")
  end
  darktable.control.sleep(500) -- sidecars are written in the background
  file:write("end\\n")
  file:close()
end

darktable.control.dispatch(answer)
"""


@dataclass(frozen=True)
class Seen:
    """What darktable shows of one photo; the rating is -1 if rejected, and 1 if nobody rated it."""

    rating: int
    title: str
    tags: frozenset[str]


class Darktable:
    """A darktable with its own home and library.

    Args:
        home: an empty folder.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._environment = {
            **private_environment(home),
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "OMP_NUM_THREADS": "1",
        }

    def look(self, top: Path, edits: Mapping[Path, int] | None = None) -> dict[str, Seen]:
        """Import a folder in place with everything below it, and return what darktable shows of every photo.

        Args:
            top: the folder; its photos are .jpg files.
            edits: the stars that a person gives there, by photo, different from those it has; darktable then writes
                the sidecar.

        Returns:
            what is shown after the edits, by path in the folder.
        """
        answer = self._home / "answer"
        configuration = self._home / "darktable"
        configuration.mkdir(exist_ok=True)
        folders = [top, *(folder for folder in top.rglob("*") if folder.is_dir())]
        (configuration / "luarc").write_text(
            _LUA.format(
                folders=", ".join(f"{{{_quoted(folder)}, {len(list(folder.glob('*.jpg')))}}}" for folder in folders),
                edits=", ".join(f"[{_quoted(path)}] = {stars}" for path, stars in (edits or {}).items()),
                answer=_quoted(answer),
            )
        )
        before = {sidecar: _content(sidecar) for path in edits or {} if (sidecar := path.with_name(f"{path.name}.xmp"))}

        def is_done() -> bool:
            """Whether it has answered, and has written the edits, which it does in the background."""
            return (
                answer.is_file()
                and answer.read_text().endswith("end\n")
                and all(_content(sidecar) not in (None, content) for sidecar, content in before.items())
            )

        self._run(configuration, answer, is_done)
        return dict(_parsed(line, top) for line in answer.read_text().splitlines()[:-1])

    def _run(self, configuration: Path, answer: Path, is_done: Callable[[], bool]) -> None:
        options = {
            "write_sidecar_files": "after edit",
            "run_crawler_on_start": "FALSE",
            "show_splash_screen": "FALSE",
            "opencl": "FALSE",
            "database/create_snapshot": "never",
            "backthumbs_mipsize": "never",
            "plugins/pwstorage/pwstorage_backend": "none",
        }
        command = ["dbus-run-session", "--", "darktable", "--disable-opencl", "-t", "1"]
        command += ["--configdir", str(configuration), "--cachedir", str(self._home / ".cache")]
        command += [part for key, value in options.items() for part in ("--conf", f"{key}={value}")]
        for patience in (25, 50, 75):  # now and then it hangs while it starts
            for left in (answer, *configuration.glob("*.lock"), *configuration.glob("library.db*")):
                left.unlink(missing_ok=True)  # it leaves locks when told to end, and every attempt starts afresh
            if self._answers(command, is_done, patience):
                return
        raise AssertionError("darktable did not answer, three times")

    def _answers(self, command: list[str], is_done: Callable[[], bool], patience: float) -> bool:
        """Start it, and return whether it answers in time."""
        adopt_orphans()
        with screen(self._environment, self._home / "screen.log") as environment:
            process = start(command, environment, self._home / "darktable.log")
            try:
                wait_until(is_done, patience, "darktable answers")
            except AssertionError:
                return False
            finally:
                stop(process, patience=1)  # it does not react to a polite request
        return True


def _content(sidecar: Path) -> bytes | None:
    """The whole sidecar; None while it is missing or only half written."""
    try:
        content = sidecar.read_bytes()
        ElementTree.fromstring(content)  # noqa: S314  # written by darktable, just now
    except (OSError, ElementTree.ParseError):
        return None
    return content


def _parsed(line: str, top: Path) -> tuple[str, Seen]:
    path, rating, title, tags = line.split("\t")
    return str(Path(path).relative_to(top)), Seen(int(rating), title, frozenset(filter(None, tags.split(","))))


def _quoted(text: Path) -> str:
    """As a Lua string."""
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
