import json
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from ffkeras.golden.make import MODELS, read_index
from ffkeras.images import read_image
from ffkeras.web.bundle import bundle_models
from ffkeras.web.server import make_server
from tests.web.demo_page import DemoPage
from tests.web.places import DEMO, GOLDEN, RELEASED

NODE_DRIVER = Path(__file__).with_name("run_detector.mjs")
FIRST_MODEL = "nano_b_fast_320_int8"  # the page starts with it


@pytest.fixture(scope="session")
def released():
    return RELEASED


@pytest.fixture(scope="session")
def golden_folder():
    return GOLDEN


@pytest.fixture(scope="session")
def golden():
    """The index of the golden set."""
    return read_index(GOLDEN)


@pytest.fixture(scope="session")
def run_detector():
    """Runs jobs on the demo's own JavaScript under Node; a job that ends in a sentence for users gives "error: ..."."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not installed; install Node.js 18 or newer")

    def run(jobs):
        result = subprocess.run(
            [node, NODE_DRIVER], input=json.dumps(jobs), capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        answers = json.loads(result.stdout)
        assert len(answers) == len(jobs)
        return [answer["value"] if "value" in answer else f"error: {answer['error']}" for answer in answers]

    return run


@pytest.fixture
def write_pixels(tmp_path):
    """Writes a BGR picture as the RGBA bytes that a canvas gives; returns what a job calls `pixels`."""

    def write(image, name):
        rgba = np.concatenate([image[..., ::-1], np.full((*image.shape[:2], 1), 255, np.uint8)], axis=2)
        path = tmp_path / f"{name}.rgba"
        rgba.tofile(path)
        return {"file": str(path), "width": image.shape[1], "height": image.shape[0]}

    return write


@pytest.fixture(scope="session")
def web_models(tmp_path_factory):
    """A folder of the golden set's models, made for the web, with their index."""
    names = [FIRST_MODEL, *(name for name in MODELS if name != FIRST_MODEL)]
    folder = tmp_path_factory.mktemp("models")
    images = [read_image(GOLDEN / "images" / "astronaut.png")]
    bundle_models([RELEASED / f"{name}.tflite" for name in names], folder, images)
    return folder


@pytest.fixture(scope="session")
def demo(web_models, tmp_path_factory):
    """The demo's folder with the golden set's models in the place of its own."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(DEMO, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("models"))
    shutil.copytree(web_models, folder / "models")
    return folder


@pytest.fixture(scope="session")
def serve():
    """Serves a folder until the tests end; returns its address."""
    servers = []

    def start(folder):
        server = make_server(folder, "127.0.0.1", 0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def playwright():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail("playwright is not installed; run `pip install playwright` (its own browsers are not needed)")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def launch(playwright):
    """Starts a headless Chromium with some more switches; it ends with the tests."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is not installed; run `apt-get install chromium`")
    browsers = []

    def start(*switches):
        browsers.append(playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *switches]))
        return browsers[-1]

    yield start
    for browser in browsers:
        browser.close()


@pytest.fixture(scope="session")
def browser(launch):
    """Without any webcam."""
    return launch()


@pytest.fixture(scope="module")
def address(demo, serve):
    return serve(demo)


@pytest.fixture(scope="module")
def open_demo(address):
    """Opens the demo in a browser; at the end no page may have had a fault."""
    opened = []

    def start(browser, address=address, **options):
        context = browser.new_context(**options)
        demo_page = DemoPage(context.new_page(), address)
        opened.append((context, demo_page))
        return demo_page

    yield start
    for context, demo_page in opened:
        context.close()
        assert demo_page.faults == []
