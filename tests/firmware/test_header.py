import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import cpp

from ffkeras.firmware.header import header_text
from ffkeras.firmware.model_info import ModelInfo, Tensor
from ffkeras.geometry import AnchorConfig, make_anchors
from ffkeras.runtime import Metadata
from ffkeras.runtime.output import Output

NAMESPACE = "v1_model"
SCORE_SCALE, SCORE_ZERO = 1 / 256, -128
DUMP = """
#include <cstdio>
#include "v1_model.h"

using namespace v1_model;

int main(int, char** arguments) {
  std::FILE* anchors = std::fopen(arguments[1], "wb");
  for (int index = 0; index < kAnchorCount; ++index) {
    const Anchor anchor = AnchorAt(index);
    std::fwrite(&anchor, sizeof anchor, 1, anchors);
  }
  std::fclose(anchors);
  std::FILE* values = std::fopen(arguments[2], "wb");
  for (int pixel = 0; pixel < 256; ++pixel) {
    for (int channel = 0; channel < 3; ++channel) {
      const std::int8_t value = InputValue(static_cast<std::uint8_t>(pixel), channel);
      std::fwrite(&value, 1, 1, values);
    }
  }
  std::fclose(values);
  std::printf("%d %d %d %d", kFaceColumn, kScoreThresholdInt8, kLevelCount, kOperationCount);
  return 0;
}
"""


def facts(image_size=(160, 224), mean=(104, 117, 123), input_scale=0.98, input_zero=3, classes=2, license="MIT"):
    """What a file might say: three levels, an input that is not square, a mean that needs arithmetic."""
    record = Metadata(
        network="v1",
        image_size=image_size,
        mean=mean,
        anchors=AnchorConfig(sizes=((16, 32), (64, 128), (256, 512.5))),
        outputs={"classification": "c", "bbox_regression": "b", "landmarks": "l"},
        quantization="int8",
        score_threshold=0.5,
        license=license,
    )
    outputs = {
        "classification": Tensor(2, classes, SCORE_SCALE, SCORE_ZERO),
        "bbox_regression": Tensor(0, 4, 0.06, 1),
        "landmarks": Tensor(1, 10, 0.1, -2),
    }
    return ModelInfo(record, ("ADD", "CONV_2D"), Tensor(0, 3, input_scale, input_zero), outputs, 16, "0" * 64)


def write_header(folder, described, file="v1.tflite"):
    path = folder / f"{NAMESPACE}.h"
    path.write_text(header_text(described, file, NAMESPACE, 1000, "0.dev1"))
    return path


def dump(folder, described):
    """Anchors [A, 4], input values [256, 3] and the printed constants of the compiled header."""
    write_header(folder, described)
    constants = cpp.run(cpp.build(folder, DUMP), folder / "anchors", folder / "values")
    anchors = np.fromfile(folder / "anchors", np.float32).reshape(-1, 4)
    return anchors, np.fromfile(folder / "values", np.int8).reshape(256, 3), constants.decode().split()


@pytest.mark.parametrize("image_size", [(160, 160), (160, 224), (640, 640)])
def test_anchors_are_those_of_the_decoder(tmp_path, image_size):
    described = facts(image_size)
    anchors, _, constants = dump(tmp_path, described)
    expected = make_anchors(described.record.anchors, image_size)
    assert anchors.shape == expected.shape
    np.testing.assert_allclose(anchors, expected, rtol=1e-6)
    assert constants == ["1", "0", "3", "2"]


def test_pixels_become_the_values_that_the_runtime_gives(tmp_path):
    described = facts()
    _, values, _ = dump(tmp_path, described)
    pixels = np.arange(256)[:, None]
    expected = np.round((pixels - np.array(described.record.mean, np.float32)) / np.float32(0.98)) + 3
    np.testing.assert_array_equal(values, np.clip(expected, -128, 127))


def test_pixels_of_the_usual_input_are_shifted_only(tmp_path):
    _, values, _ = dump(tmp_path, facts(mean=(128, 128, 128), input_scale=1.0, input_zero=0))
    np.testing.assert_array_equal(values, np.repeat(np.arange(-128, 128)[:, None], 3, axis=1))


@pytest.mark.parametrize("threshold", [0.02, 0.5, 0.999])
def test_the_whole_number_threshold_is_that_of_the_decoder(tmp_path, threshold):
    described = facts(classes=1)
    object.__setattr__(described.record, "score_threshold", threshold)
    column, first, *_ = dump(tmp_path, described)[2]
    assert column == "0"
    scores = Output(np.arange(-128, 128, dtype=np.int8)[:, None], SCORE_SCALE, SCORE_ZERO)
    passing = scores.reaching(threshold, 0)
    assert int(first) == (passing[0] - 128 if passing.size else 128)


def test_odd_names_and_licences_stay_inside_their_comment(tmp_path):
    write_header(tmp_path, facts(license="two\nlines, and the end of a line \\"), "my\nmodel 1.tflite")
    cpp.build(tmp_path, '#include "v1_model.h"\nint main() { return 0; }\n')


def test_header_compiles_alone_for_a_cortex_m(tmp_path):
    header = write_header(tmp_path, facts())
    source = tmp_path / "alone.cc"
    source.write_text(f'#include "{header.name}"\nv1_model::Anchor first() {{ return v1_model::AnchorAt(0); }}\n')
    cpp.compile_for_arm(source)
