import ctypes
import shutil
import subprocess

import numpy as np
from golden_answers import ROOT

SOURCE = ROOT / "tflite" / "micro" / "tflm" / "rgb565.c"


def test_every_value_of_a_camera_becomes_the_nearest_of_eight_bits(tmp_path):
    assert shutil.which("cc"), "this test needs a C compiler (apt: gcc)"
    library = tmp_path / "rgb565.so"
    flags = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-shared", "-fPIC")
    subprocess.run(["cc", *flags, str(SOURCE), "-o", str(library)], check=True)
    values = np.arange(1 << 16, dtype=np.uint16)
    sent = values.astype(">u2").tobytes()
    bgr = np.empty((values.size, 3), np.uint8)
    ctypes.CDLL(str(library)).rgb565_to_bgr(sent, ctypes.c_size_t(values.size), bgr.ctypes.data_as(ctypes.c_void_p))
    channels = np.stack([values & 31, values >> 5 & 63, values >> 11], axis=1)
    exact = channels / np.array([31, 63, 31]) * 255
    assert np.abs(bgr - exact).max() < 1
    assert (bgr[-1] == 255).all() and (bgr[0] == 0).all()
