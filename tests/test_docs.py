"""The documentation is true: generated pages are current, promises are kept, the README's commands run."""

import importlib.util
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT, Iqsd, copy_photos, sidecar, wait_for

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["commands.md", "settings.md", "errors.md", "iqsd.1"])
def test_generated_pages_are_current(generator: ModuleType, page: str) -> None:
    assert (ROOT / "docs" / page).read_text("utf-8") == generator.PAGES[page](), "run `python docs/generate.py`"


def test_every_link_in_the_docs_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").glob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [(page.parent / t).resolve() for t in re.findall(r"\]\(([^):#]+\.md)", page.read_text("utf-8"))]
    decisions = set((ROOT / "docs" / "decisions").glob("*.md"))
    assert set((ROOT / "docs").rglob("*.md")) - decisions - reached == set()


def test_the_wheel_carries_the_model_and_rates_photos_wherever_it_is_installed(iqsd: Iqsd, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, timeout=100)
    (wheel,) = tmp_path.glob("iqsd-*.whl")
    assert any(name.endswith("/share/man/man1/iqsd.1") for name in zipfile.ZipFile(wheel).namelist())
    # The dependencies come from this environment: only iqsd itself must come from the wheel.
    venv.create(tmp_path / "venv", with_pip=False)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    shutil.unpack_archive(wheel, site, "zip")
    others = [p for p in sys.path if p.endswith("site-packages")]
    (site / "others.pth").write_text("\n".join(others))
    (photo,) = copy_photos(iqsd.pictures, 1)
    command = [str(tmp_path / "venv" / "bin" / "python"), "-m", "iqsd", "rescan", str(iqsd.pictures)]
    done = subprocess.run(command, env=iqsd.environment, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert sidecar(photo).exists()


def test_the_readme_begins_with_the_two_commands() -> None:
    first, second = re.findall(r"^    (.+)$", README, re.MULTILINE)[:2]
    assert first.endswith("iqsd rescan ~/Pictures")
    assert second.endswith("pytest -q")


def test_the_other_commands_of_the_readme_run_as_written(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    photo.rename(iqsd.home / "photo.jpg")
    copy_photos(iqsd.pictures, 2)
    (iqsd.home / "config" / "digikamrc").write_text("[Album Settings]\n")
    iqsd.config.unlink()
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    commands = [line.split("#")[0].split() for block in blocks for line in block.splitlines()]
    assert len(commands) >= 9
    for program, *arguments in commands:
        assert program == ".venv/bin/iqsd"
        words = [word.replace("~", str(iqsd.home)) for word in arguments]
        if words[0] == "start":
            process = iqsd.start(*words)
            wait_for(lambda: "watching" in iqsd.log.read_text())
            process.terminate()
            assert process.wait(20) == 0
        elif words[:2] != ["service", "install"]:  # tests/daemon runs it; here it would install
            done = iqsd.run(*words, cwd=iqsd.home)
            # Of all these commands, only `check` and `status` report what they found by their exit code.
            assert done.returncode == (1 if words[-1] in ("check", "status") else 0), done.stderr
