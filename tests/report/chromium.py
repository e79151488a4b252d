"""The real Chromium, without a window: what it shows, what it logs, what it requests from the network."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.conftest import wait_for

_QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # a container has little of it
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Browser:
    """An open page; saved files go to the downloads folder."""

    def __init__(self, driver: webdriver.Chrome, downloads: Path) -> None:
        self._driver = driver
        self._downloads = downloads

    def open(self, page: Path, dark: bool = False, width: int = 1440, height: int = 900) -> None:
        """Load a page anew, as if for the first time."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.prefer(dark)
        self._driver.get("about:blank")
        self.complaints()
        self.asked_for()
        self._driver.get(page.absolute().as_uri())
        if self.run("const kept = localStorage.length; localStorage.clear(); return kept"):
            self.reload()

    def prefer(self, dark: bool) -> None:
        """Tell the page that the person prefers dark or light windows."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def reload(self) -> None:
        """Load the page once more."""
        self._driver.refresh()

    def run(self, script: str, *arguments: object) -> Any:
        """Return the result of a piece of JavaScript."""
        return self._driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        """The first element that matches a CSS selector."""
        return self._driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """The text of every element that matches a CSS selector, each on one line."""
        found = self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", selector)
        return [" ".join(str(text).split()) for text in found]

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            ActionChains(self._driver).send_keys(key).perform()

    def click(self, selector: str) -> None:
        """Click on an element."""
        self.find(selector).click()

    def save_changes(self) -> Path:
        """Save the changes as a person does; return the file once it is whole: Chromium creates it empty first."""
        saved = self._downloads / "report.json"
        saved.unlink(missing_ok=True)
        self.click("#open-changes")
        self.click("#export")
        wait_for(lambda: saved.exists() and saved.stat().st_size)
        return saved

    def complaints(self) -> list[str]:
        """What has appeared on the console since the last look."""
        return [str(entry["message"]) for entry in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def asked_for(self) -> list[str]:
        """Every address requested since the last look."""
        messages = [json.loads(entry["message"])["message"] for entry in self._driver.get_log("performance")]  # type: ignore[no-untyped-call]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    def accessible(self) -> list[dict[str, str]]:
        """What a screen reader is told: role and name of everything that can be perceived."""
        nodes = self._driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return [
            {key: str(node.get(key, {}).get("value", "")) for key in ("role", "name")}
            for node in nodes
            if not node["ignored"]
        ]

    def pages(self) -> int:
        """Print, and return how many sheets of paper that takes."""
        printed = base64.b64decode(self._driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
        return len(re.findall(rb"/Type /Page\b", printed))

    def picture(self, file: Path) -> None:
        """Save what the window shows as a PNG."""
        assert self._driver.save_screenshot(str(file))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own below a folder; skip the test where there is none."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("Chromium is not installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (*_QUIET, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(folder / "downloads")})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    os.environ["SE_OFFLINE"] = "true"
    chromium = webdriver.Chrome(options, Service(driver))
    try:
        yield Browser(chromium, folder / "downloads")
    finally:
        chromium.quit()
