import numpy as np
import pytest

from ffkeras.geometry import letterbox

pytestmark = pytest.mark.device

FILL = (104.0, 117.5, 123.0)
SIZES = [  # width, height of the source; of the canvas
    *[(side, side, 320, 320) for side in (1, 2, 3, 319, 320, 321, 640, 641, 1280)],
    *[(1, 3000, 160, 160), (3000, 1, 160, 160), (640, 480, 320, 320), (480, 640, 320, 320), (1920, 1080, 640, 640)],
    *[(449, 448, 160, 160), (33, 1000, 640, 320), (500, 7, 96, 128), (160, 90, 320, 192), (4032, 3024, 320, 320)],
]


def check(driver, tmp_path, image, canvas_size):
    (height, width), (canvas_height, canvas_width) = image.shape[:2], canvas_size
    (tmp_path / "pixels").write_bytes(image.tobytes())
    canvas, fitted = letterbox(image, canvas_size, FILL)
    answer = driver.ask(
        "letterbox",
        pixels=tmp_path / "pixels",
        width=width,
        height=height,
        canvas_width=canvas_width,
        canvas_height=canvas_height,
        fill=FILL,
        output=tmp_path / "canvas",
    )
    given = np.frombuffer((tmp_path / "canvas").read_bytes(), np.uint8).reshape(canvas.shape)
    different = int((given != canvas).sum())
    assert different == 0, f"{different} bytes of {width} x {height} in {canvas_width} x {canvas_height} differ"
    assert (answer["scale_x"], answer["scale_y"]) == (fitted.scale_x, fitted.scale_y)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_the_canvas_has_the_bytes_of_opencv(driver, tmp_path, sizes):
    width, height, canvas_width, canvas_height = sizes
    image = np.random.default_rng(width * height).integers(0, 256, (height, width, 3), np.uint8)
    check(driver, tmp_path, image, (canvas_height, canvas_width))


def test_any_size_has_the_bytes_of_opencv(driver, tmp_path):
    random = np.random.default_rng(7)
    for _ in range(60):
        height, width = random.integers(1, 700, 2)
        image = random.integers(0, 256, (height, width, 3), np.uint8)
        check(driver, tmp_path, image, tuple(int(side) * 32 for side in random.integers(1, 21, 2)))
