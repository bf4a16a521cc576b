from pathlib import Path

import numpy as np
import pytest

from ffkeras.models.saving import load_run
from tests.tool import call_tool

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "featherface_v1.npz"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="shared/reference is not beside the checkout")
def test_the_published_checkpoint_becomes_a_run_folder(tmp_path):
    result = call_tool("import_torch", PUBLISHED, "--output", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert "attention none, context deformable" in result.stdout
    model = load_run(tmp_path / "run")
    weights = np.load(PUBLISHED)["ssh3.conv3X3.0.regular_conv.weight"]
    np.testing.assert_array_equal(model.context[2].branch3.convolution.kernel, weights.transpose(2, 3, 1, 0))


def test_a_checkpoint_of_something_else_leaves_nothing(tmp_path):
    np.savez(tmp_path / "other.npz", weight=np.zeros(3, np.float32))
    result = call_tool("import_torch", tmp_path / "other.npz", "--output", tmp_path / "run")
    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1].startswith("error: ")
    assert "body.stage1.0.0.weight" in result.stderr
    assert not (tmp_path / "run").exists()
