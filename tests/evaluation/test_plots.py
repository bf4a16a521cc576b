import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.evaluation import PrecisionRecall
from ffkeras.evaluation.plots import plot_precision_recall

CURVE = PrecisionRecall(np.linspace(1, 0.5, 1000), np.linspace(0, 0.9, 1000), 12)


def test_plot_is_an_image_with_something_drawn(tmp_path):
    path = tmp_path / "new" / "pr.png"
    plot_precision_recall(path, {"easy": CURVE, "hard": CURVE}, "title")
    image = cv2.imread(str(path))
    assert image.shape[0] > 500
    assert image.std() > 5
    assert [entry.name for entry in path.parent.iterdir()] == ["pr.png"]


def test_unknown_suffix_leaves_nothing(tmp_path):
    with pytest.raises(UserError, match=r"\.png, \.svg or \.pdf"):
        plot_precision_recall(tmp_path / "pr.xyz", {"easy": CURVE}, "title")
    assert not list(tmp_path.iterdir())
