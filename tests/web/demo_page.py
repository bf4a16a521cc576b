"""The demo's page as its user works with it."""

import json
import re
from pathlib import Path

from ffkeras.golden.make import faces_of

PATIENCE = 60_000  # milliseconds; the machine may be busy


class DemoPage:
    """One open page, its controls and what it says.

    Waits by Playwright's expectations: its `wait_for_function` evaluates text, which the page's policy forbids.

    Args:
        page: of Playwright, on no address yet.
        address: of the demo.

    Attributes:
        faults: uncaught errors, and requests to any other place than the demo's own address.
    """

    def __init__(self, page, address):
        self.page = page
        self.faults = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._check_origin(request.url, address))
        page.goto(address)

    def _check_origin(self, url, address):
        if not url.startswith((address, "blob:", "data:")):
            self.faults.append(f"asked {url}")

    def wait_for_model(self):
        self.page.wait_for_selector("#model[aria-busy=false]")

    def wait_for(self, selector, pattern):
        """Wait until an element's text has a match of a regular expression."""
        from playwright.sync_api import expect  # the tests without a browser are collected where it is not installed

        expect(self.page.locator(selector)).to_have_text(re.compile(pattern), timeout=PATIENCE)

    def open_picture(self, path):
        """Open a picture; returns the status line about it."""
        self.page.set_input_files("#picture-file", path)
        return self.status_about(Path(path).name)

    def status_about(self, name):
        self.wait_for("#status", re.escape(f" in {name}, "))
        return self.page.text_content("#status")

    def open_model(self, path):
        self.page.set_input_files("#model-file", path)

    def choose_model(self, name):
        self.page.select_option("#model", label=name)
        self.wait_for_model()

    def error(self):
        """The sentence that the page shows; waits for one."""
        self.wait_for("#error", r"\S")
        return self.page.text_content("#error")

    def has_error(self):
        return bool(self.page.text_content("#error").strip())

    def set_threshold(self, value):
        self.page.fill("#threshold", str(value))

    def faces(self):
        """The faces that the page gives as JSON, and the record around them."""
        if self.page.get_attribute("#details", "open") is None:
            self.page.click("#details summary")
            self.wait_for("#json", r"\S")
        record = json.loads(self.page.text_content("#json"))
        return faces_of(record["faces"]), record
