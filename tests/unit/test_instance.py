"""One daemon for each journal."""

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


def test_another_shortage_is_not_taken_for_a_second_one(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError, match="fork"), single_instance(tmp_path / "journal.db"):
        raise BlockingIOError(11, "cannot fork")
