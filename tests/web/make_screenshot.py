"""Make docs/images/web_demo.png, the demo with a photograph: `python tests/web/make_screenshot.py`."""

import io
import shutil
import sys
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ffkeras.files import write_bytes
from ffkeras.web.server import make_server
from tests.web.demo_page import DemoPage
from tests.web.places import DEMO, ROOT

PHOTOGRAPH = ROOT / "tests" / "data" / "photos" / "astronaut.jpg"
OUTPUT = ROOT / "docs" / "images" / "web_demo.png"
WINDOW = {"width": 1120, "height": 720}
WARM_UP = 20  # pictures, until the browser has compiled what runs often
COLOURS = 256


def take(address: str) -> Image.Image:
    """The page with its faces, after enough pictures for times as they stay."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = DemoPage(browser.new_page(viewport=WINDOW), address)
        page.wait_for_model()
        for _ in range(WARM_UP):
            page.open_picture(PHOTOGRAPH)
            page.page.wait_for_timeout(200)
        return Image.open(io.BytesIO(page.page.screenshot()))


def main() -> None:
    """Serve the demo, take the picture, keep it small."""
    with make_server(DEMO, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        shot = take(f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
    small = shot.convert("RGB").resize((shot.width * 3 // 4, shot.height * 3 // 4), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(buffer, "PNG", optimize=True)
    write_bytes(OUTPUT, buffer.getvalue())
    print(f"wrote {OUTPUT} ({len(buffer.getvalue()):,} bytes)")


if __name__ == "__main__":
    main()
