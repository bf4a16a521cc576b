import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ffkeras.models.saving import load_run

TOOL = Path(__file__).resolve().parents[2] / "tools" / "import_torch.py"
PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "featherface_v1.npz"


def run_tool(*arguments):
    """Run the tool as a user does, from another folder."""
    command = [sys.executable, str(TOOL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="shared/reference is not beside the checkout")
def test_the_published_checkpoint_becomes_a_run_folder(tmp_path):
    result = run_tool(PUBLISHED, "--output", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert "attention none, context deformable" in result.stdout
    model = load_run(tmp_path / "run")
    weights = np.load(PUBLISHED)["ssh3.conv3X3.0.regular_conv.weight"]
    np.testing.assert_array_equal(model.context[2].branch3.convolution.kernel, weights.transpose(2, 3, 1, 0))


def test_a_checkpoint_of_something_else_leaves_nothing(tmp_path):
    np.savez(tmp_path / "other.npz", weight=np.zeros(3, np.float32))
    result = run_tool(tmp_path / "other.npz", "--output", tmp_path / "run")
    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1].startswith("error: ")
    assert "body.stage1.0.0.weight" in result.stderr
    assert not (tmp_path / "run").exists()
