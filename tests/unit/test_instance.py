"""One daemon for each journal."""

import subprocess
import sys
from pathlib import Path

import pytest

from iqsd.errors import AlreadyRunningError
from iqsd.service.instance import single_instance


def test_a_second_one_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    with (
        single_instance(journal),
        pytest.raises(AlreadyRunningError, match="already watching"),
        single_instance(journal),
    ):
        pass


def test_asking_whether_a_daemon_is_running_does_not_keep_one_from_starting(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    with single_instance(journal):
        pass
    script = "import sys; from pathlib import Path; from iqsd.service.instance import running\n"
    script += "print(flush=True)\nwhile True: running(Path(sys.argv[1]))"
    with subprocess.Popen([sys.executable, "-c", script, journal], stdout=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        asking.stdout.readline()
        try:
            for _ in range(100):
                with single_instance(journal):
                    pass
        finally:
            asking.kill()


def test_another_shortage_is_not_mistaken_for_a_second_daemon(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError, match="fork"), single_instance(tmp_path / "journal.db"):
        raise BlockingIOError(11, "cannot fork")
