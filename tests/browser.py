"""A headless Chromium of this machine, driven by its own chromedriver: nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

# Chromium asks its maker for news of itself unless it is told not to.
QUIET = (
    "--headless=new", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run", "--hide-scrollbars", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip  # a list to read across: one option a line would hide the rest


@contextmanager
def chromium(width: int = 1280, height: int = 1000, dark: bool = False) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own, gone at the end; where there is none, tests fail in CI only."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        why = "Chromium and its driver are not installed (apt install chromium chromium-driver)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    options = Options()
    options.binary_location = program
    for argument in (*QUIET, f"--window-size={width},{height}"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own needs an ordinary user
    # Its last process may still write into the folder when it has quit.
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        service = Service(driver, env={**os.environ, "TMPDIR": folder})
        browser = webdriver.Chrome(options=options, service=service)
        try:
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            yield browser
        finally:
            browser.quit()
