import io

import cv2
import jvm
import numpy as np
import pytest
from PIL import Image

from ffkeras.images import decode_image
from ffkeras.runtime import FaceDetector

pytestmark = pytest.mark.device

ORIENTATION = 0x0112  # EXIF's tag
ASTRONAUT = jvm.GOLDEN / "images" / "astronaut.png"
MODEL = jvm.MODELS / "nano_b_320_int8.tflite"
BOX_COLOUR = (80, 220, 60)  # BGR, as ffkeras.runtime.draw has it


def jpeg(image, orientation=None, **exif):
    tags = Image.Exif()
    if orientation is not None:
        tags[ORIENTATION] = orientation
    for tag, value in exif.items():
        tags[int(tag.lstrip("t"))] = value
    file = io.BytesIO()
    Image.fromarray(image[..., ::-1]).save(file, "JPEG", exif=tags, quality=95)
    return file.getvalue()


@pytest.fixture
def small():
    """A picture whose four corners differ, 48 wide and 32 high."""
    image = np.zeros((32, 48, 3), np.uint8)
    image[:16, :24], image[:16, 24:], image[16:, :24] = (0, 0, 255), (0, 255, 0), (255, 0, 0)
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_opencv_turns_it(driver, tmp_path, small, orientation):
    file = jpeg(small, orientation, t305="some camera")
    (tmp_path / "photo.jpg").write_bytes(file)
    assert driver.ask("exif", file=tmp_path / "photo.jpg") == {"orientation": orientation}
    plain = decode_image(jpeg(small), "plain")
    (tmp_path / "pixels").write_bytes(plain.tobytes())
    place = {"pixels": tmp_path / "pixels", "output": tmp_path / "turned"}
    answer = driver.ask("turn", width=48, height=32, orientation=orientation, **place)
    turned = np.frombuffer((tmp_path / "turned").read_bytes(), np.uint8)
    expected = decode_image(file, "photo")
    assert (answer["height"], answer["width"]) == expected.shape[:2]
    assert np.array_equal(turned.reshape(expected.shape), expected)


def test_a_file_without_an_orientation_is_upright(driver, tmp_path, small):
    whole = jpeg(small, 6)
    png = cv2.imencode(".png", small)[1].tobytes()
    files = [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00", jpeg(small), jpeg(small, 9), png, whole[:30]]
    for file in files:
        (tmp_path / "photo").write_bytes(file)
        assert driver.ask("exif", file=tmp_path / "photo") == {"orientation": 1}


def test_a_damaged_header_is_an_orientation_and_no_crash(driver, tmp_path, small):
    whole, random = jpeg(small, 6, t305="some camera"), np.random.default_rng(2)
    for _ in range(200):
        damaged = bytearray(whole[: random.integers(2, 200)])
        damaged[random.integers(2, len(damaged)) if len(damaged) > 2 else 0] = random.integers(256)
        (tmp_path / "photo").write_bytes(damaged)
        assert driver.ask("exif", file=tmp_path / "photo")["orientation"] in range(1, 9)


def planes(image, kind, padding):
    """A picture as a camera's planes: `planar`, or with `u` and `v` by turns as NV21 and NV12 have them."""
    height, width = image.shape[:2]
    blue, green, red = np.moveaxis(image.astype(float), 2, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    chroma = [128 + (blue - luma) / 1.772, 128 + (red - luma) / 1.402]
    rows, columns = (height + 1) // 2, (width + 1) // 2
    luma, *chroma = (np.clip(np.round(plane), 0, 255).astype(np.uint8) for plane in (luma, *chroma))
    chroma = [plane[::2, ::2] for plane in chroma]
    stride = width + padding
    padded = np.full((height, stride), 77, np.uint8)
    padded[:, :width] = luma
    files = {"y": (padded.tobytes()[: stride * (height - 1) + width], stride, 1)}
    if kind == "planar":
        for name, plane in zip("uv", chroma, strict=True):
            wide = np.full((rows, columns + padding), 77, np.uint8)
            wide[:, :columns] = plane
            files[name] = (wide.tobytes()[: (columns + padding) * (rows - 1) + columns], columns + padding, 1)
    else:
        order = {"nv21": "vu", "nv12": "uv"}[kind]
        wide = np.full((rows, 2 * columns + padding), 77, np.uint8)
        for offset, name in enumerate(order):
            wide[:, offset : 2 * columns : 2] = chroma["uv".index(name)]
        data = wide.tobytes()[: (2 * columns + padding) * (rows - 1) + 2 * columns]
        for offset, name in enumerate(order):
            files[name] = (data[offset : len(data) - 1 + offset], 2 * columns + padding, 2)
    return files, luma, chroma


def expected_bgr(luma, chroma):
    """JFIF's formula, in floats, with the chroma pixel that covers each pixel."""
    height, width = luma.shape
    u, v = (np.repeat(np.repeat(plane, 2, 0), 2, 1)[:height, :width].astype(float) - 128 for plane in chroma)
    y = luma.astype(float)
    return np.clip(np.stack([y + 1.772 * u, y - 0.344136 * u - 0.714136 * v, y + 1.402 * v], axis=2), 0, 255)


@pytest.mark.parametrize("kind", ["planar", "nv21", "nv12"])
@pytest.mark.parametrize("size", [(480, 640), (33, 47), (1, 1), (2, 500)], ids=str)
def test_a_camera_frame_becomes_an_upright_picture(driver, tmp_path, kind, size):
    height, width = size
    image = cv2.resize(cv2.imread(str(ASTRONAUT)), (width, height))
    files, luma, chroma = planes(image, kind, padding=16)
    request = {"width": width, "height": height, "output": tmp_path / "upright"}
    for name, (data, row_stride, pixel_stride) in files.items():
        (tmp_path / name).write_bytes(data)
        request |= {name: tmp_path / name, f"{name}_row_stride": row_stride, f"{name}_pixel_stride": pixel_stride}
    for quarters in range(4):
        for mirrored in (False, True):
            answer = driver.ask("yuv", **request, degrees=90 * quarters, mirrored=mirrored)
            expected = expected_bgr(luma, chroma)
            expected = np.rot90(expected[:, ::-1] if mirrored else expected, -quarters)
            assert (answer["height"], answer["width"]) == expected.shape[:2]
            given = np.frombuffer((tmp_path / "upright").read_bytes(), np.uint8).reshape(expected.shape)
            assert np.abs(given - expected).max() <= 0.51  # rounded, and no more


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("view", [(540, 960), (960, 540)], ids=str)
def test_boxes_are_drawn_around_the_faces_of_the_view(driver, tmp_path, view, mirrored):
    image = cv2.imread(str(ASTRONAUT))
    (face,) = FaceDetector(MODEL).detect(image)
    described = {"box": face.box.tolist(), "score": face.score, "landmarks": face.landmarks.ravel().tolist()}
    width, height = view
    shape = {"view_width": width, "view_height": height, "mirrored": mirrored, "unit": 2}
    driver.ask("paint", image=ASTRONAUT, faces=[described], output=tmp_path / "view.png", **shape)
    drawn = cv2.imread(str(tmp_path / "view.png"))

    scale = min(width / image.shape[1], height / image.shape[0])
    shown = cv2.resize(image, None, fx=scale, fy=scale)
    shown = shown[:, ::-1] if mirrored else shown
    top, left = (height - shown.shape[0]) // 2, (width - shown.shape[1]) // 2
    columns = (image.shape[1] - face.box[[2, 0]] if mirrored else face.box[[0, 2]]) * scale + left
    rows = face.box[[1, 3]] * scale + top
    for x in columns:  # both sides have the box's colour at half height
        assert drawn[int(rows.mean()), int(x)].tolist() == list(BOX_COLOUR)
    for y in rows:
        assert drawn[int(y), int(columns.mean())].tolist() == list(BOX_COLOUR)
    border = drawn[: top - 1] if top > 1 else drawn[:, : left - 1]
    assert border.max() == 0  # nothing beside the picture
    beside = np.s_[top + 5 : top + 50, left + 5 : left + 50]  # away from the face: the picture itself, mirrored or not
    assert np.abs(drawn[beside].astype(int) - shown[5:50, 5:50]).mean() < 6
