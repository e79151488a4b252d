"""The browser, started once for all tests that open a page."""

from collections.abc import Iterator

import pytest

from tests.report.chromium import Browser, browser


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
