"""The demo with a webcam in headless Chromium, which plays a video in its place."""

import cv2
import numpy as np
import pytest

from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector

pytestmark = pytest.mark.device

SIZE = (640, 480)  # width, height
FRAMES = 12
RATE = 30
PIXELS = 6  # a box may be off by: the video rounds colours, on a picture twice as large as the network's input
FAKE_DEVICE = "--use-fake-device-for-media-stream"


@pytest.fixture(scope="module")
def frame(golden_folder):
    """What the webcam sees: a face at the left of a grey wall."""
    image = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    face = read_image(golden_folder / "images" / "astronaut.png")
    image[16 : 16 + face.shape[0], 8 : 8 + face.shape[1]] = face
    return image


@pytest.fixture(scope="module")
def filmed(launch, frame, tmp_path_factory):
    """A Chromium whose webcam shows `frame`."""
    video = tmp_path_factory.mktemp("webcam") / "webcam.y4m"
    planes = cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes()
    header = f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F{RATE}:1 Ip A1:1 C420jpeg\n".encode()
    video.write_bytes(header + (b"FRAME\n" + planes) * FRAMES)
    return launch(FAKE_DEVICE, f"--use-file-for-fake-video-capture={video}")


@pytest.fixture(scope="module")
def opened(open_demo, filmed):
    demo_page = open_demo(filmed, permissions=["camera"])
    demo_page.wait_for_model()
    return demo_page


@pytest.fixture
def page(opened):
    """One page for many tests, because each one compiles ten megabytes; the webcam runs, on the first model."""
    opened.choose_model("nano_b_fast_320")
    opened.set_threshold(0.5)
    if opened.page.text_content("#webcam") == "Start webcam":
        opened.page.click("#webcam")
    opened.status_about("the webcam's picture")
    return opened


def rate(page):
    """Frames per second as the page shows them."""
    page.wait_for("#rate", "^[0-9.]+ frames per second$")
    return float(page.page.text_content("#rate").split()[0])


def test_the_face_is_found_and_frames_per_second_are_shown(page, frame, released):
    assert page.status_about("the webcam's picture") == "1 face in the webcam's picture, 640 × 480 pixels."
    page.page.wait_for_timeout(2500)  # the rate is that of the last two seconds
    shown = rate(page)
    times = {row.split("\t")[0]: float(row.split("\t")[1]) for row in page.page.inner_text("#times").splitlines()}
    print(f"{shown} frames per second of {SIZE[0]} x {SIZE[1]}, milliseconds: {times}")
    assert 0.5 < shown <= RATE + 5
    assert all(value >= 0 for value in times.values())
    assert times["In all"] >= times["Network"] > 0
    (face,), _ = page.faces()
    (expected,) = FaceDetector(released / "nano_b_fast_320_int8.tflite", score_threshold=0.5).detect(frame)
    np.testing.assert_allclose(face.box, expected.box, atol=PIXELS)


def test_people_see_themselves_as_in_a_mirror_with_the_marks_in_place(page, frame):
    (face,), record = page.faces()
    assert face.box[2] < SIZE[0] / 2  # as the camera sees it, at the left
    script = """([x, y]) => ["picture", "marks"].map((id) => {
        const canvas = document.getElementById(id);
        const place = [x * canvas.width, y * canvas.height].map(Math.floor);
        return Array.from(canvas.getContext("2d").getImageData(...place, 1, 1).data);
    })"""
    middle = (face.box[1] + face.box[3]) / 2 / SIZE[1]
    shown, mark = page.page.evaluate(script, [1 - float(face.box[0]) / SIZE[0], float(middle)])
    assert mark[3] > 0 and mark[1] > 150 > mark[0]
    background, no_mark = page.page.evaluate(script, [0.1, 0.5])
    assert no_mark[3] == 0
    np.testing.assert_allclose(background[:3], frame[240, 600][::-1], atol=6)


def test_the_last_frame_stays_when_it_is_stopped_and_obeys_the_threshold(page):
    page.page.click("#webcam")
    assert page.page.text_content("#webcam") == "Start webcam"
    page.set_threshold(0.95)
    page.set_threshold(0.5)
    assert page.status_about("the webcam's picture").startswith("1 face ")
    assert not page.has_error()


def test_a_picture_takes_the_place_of_the_webcam(page, golden_folder):
    assert page.open_picture(golden_folder / "images" / "rocket.png").startswith("No face ")
    assert page.page.text_content("#webcam") == "Start webcam"
    page.page.wait_for_timeout(500)
    assert "rocket.png" in page.page.text_content("#status")
    assert page.page.text_content("#rate") == "– frames per second"


def test_a_picture_that_cannot_be_read_leaves_the_webcam_running(page, tmp_path):
    (tmp_path / "letter.png").write_bytes(b"Dear all, this is no picture.")
    page.page.set_input_files("#picture-file", tmp_path / "letter.png")
    assert "letter.png is not a picture" in page.error()
    assert page.page.text_content("#webcam") == "Stop webcam"


def test_the_model_can_change_while_it_runs(page):
    page.choose_model("nano_b_micro_160")
    page.page.wait_for_timeout(500)
    assert page.status_about("the webcam's picture").startswith("1 face ")
    assert not page.has_error()


def test_a_denied_webcam_is_told_and_the_page_goes_on(open_demo, filmed, golden_folder):
    page = open_demo(filmed, permissions=[])
    page.wait_for_model()
    page.page.click("#webcam")
    assert page.error() == "The webcam is denied to this page; allow it beside the address, then start it again."
    assert page.page.text_content("#webcam") == "Start webcam"
    assert page.open_picture(golden_folder / "images" / "astronaut.png").startswith("1 face ")


def test_a_missing_webcam_is_told_and_the_page_goes_on(open_demo, browser, golden_folder):
    page = open_demo(browser, permissions=["camera"])
    page.wait_for_model()
    assert page.open_picture(golden_folder / "images" / "astronaut.png").startswith("1 face ")
    page.page.click("#webcam")
    assert page.error() == "There is no webcam; connect one and start it again, or open a picture."
    page.set_threshold(0.4)
    assert page.status_about("astronaut.png").startswith("1 face ")
    assert not page.has_error()
