import os

import pytest

from tests.tool import run_tool


@pytest.mark.parametrize(
    ("tool", "word"),
    [
        ("convert_tflite", "--calibration"),
        ("export_c", "C99"),
        ("export_c_array", "MicroMutableOpResolver"),
        ("bundle_android", "gradle.properties"),
        ("ablate", "rows.json"),
    ],
)
def test_help_needs_no_tensorflow(tool, word, tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise SystemExit('imported TensorFlow')")
    result = run_tool(tool, "--help", environment={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert result.returncode == 0, result.stderr
    assert word in result.stdout
