from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector

PHOTOS = Path(__file__).parents[2] / "tests" / "data" / "photos"


def test_eight_threads_share_one_detector():
    detector = FaceDetector("nano_b_320")
    photo, other = (read_image(PHOTOS / name) for name in ("astronaut.jpg", "grace_hopper.jpg"))
    images = [photo, other, photo[:, ::-1], np.zeros_like(photo)] * 8

    def look(image):
        return [face.to_json() for face in detector.detect(image)]

    expected = [look(image) for image in images]
    assert len({str(faces) for faces in expected}) == 4
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(look, images)) == expected
