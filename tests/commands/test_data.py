import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "data"))

from own_sets import FACES, WRITERS

from ffkeras.images import read_image


@pytest.fixture(autouse=True)
def in_an_empty_folder(monkeypatch, tmp_path):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture(params=WRITERS)
def faces(request, tmp_path):
    WRITERS[request.param](tmp_path / "faces")
    return tmp_path / "faces"


@pytest.fixture
def found(tmp_path, faces):
    """Detections that are exactly the labels, but for a false one in the picture without faces."""
    rows = {}
    for name, labelled in FACES.items():
        (path,) = faces.rglob(Path(name).name)
        boxes = [(x1, y1, x2 - x1, y2 - y1, 0.9) for (x1, y1, x2, y2), _ in labelled]
        rows[str(path.relative_to(faces))] = boxes or [(5, 5, 20, 20, 0.3)]
    (tmp_path / "found.json").write_text(json.dumps(rows))
    return tmp_path / "found.json"


def test_a_good_set_is_told_and_drawn(ffkeras, faces):
    code, out, err = ffkeras("data", "check", faces)
    assert (code, err) == (0, "")
    assert "4 pictures" in out and "nothing is wrong" in out and "--data" in out
    assert "16-32 px: 0" in out
    assert read_image("output/faces_labels.jpg").shape[2] == 3


def test_average_precision_and_plot_of_every_format(ffkeras, faces, found, tmp_path):
    plot, figures = tmp_path / "curve.png", tmp_path / "figures.json"
    code, out, _ = ffkeras(
        "evaluate", "--from-detections", found, "--data", faces, "--part", "all", "--plot", plot, "--json", figures
    )
    assert code == 0
    assert "faces       1.0000        4" in out
    assert "best F1 1.000 from score 0.90 on" in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    values = json.loads(figures.read_text())
    assert (values["average_precision"], values["official"]) == ({"faces": 1.0}, False)


def test_the_part_for_validation_is_taken_where_there_is_one(ffkeras, tmp_path):
    WRITERS["yolo"](tmp_path / "faces")
    (tmp_path / "none.json").write_text("{}")
    code, out, _ = ffkeras("evaluate", "--from-detections", tmp_path / "none.json", "--data", tmp_path / "faces")
    assert code == 0 and "all 2 images of" in out and "(val)" in out
    code, _, err = ffkeras(
        "evaluate", "--from-detections", tmp_path / "none.json", "--data", tmp_path / "faces", "--part", "test"
    )
    assert code == 1 and "has no part test" in err


def test_what_is_wrong_is_listed_with_what_follows_and_the_exit_status_says_so(ffkeras, tmp_path):
    WRITERS["label"](tmp_path / "faces")
    label = tmp_path / "faces" / "label.txt"
    label.write_text(label.read_text() + "5 5 0 9\n# gone.jpg\n1 2 3 4\n")
    code, out, _ = ffkeras("data", "check", tmp_path / "faces", "--no-sheet")
    assert code == 1
    assert "pictures that are not there: 1 - these pictures are left out" in out and "gone.jpg" in out
    assert "boxes without area: 1" in out and "val/none.jpg, face 1" in out
    assert not Path("output").exists()


def test_a_folder_without_data_is_one_sentence_that_names_the_formats(ffkeras, tmp_path):
    code, out, err = ffkeras("data", "check", tmp_path / "here")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "holds no face data" in err and "COCO JSON" in err


def test_a_missing_package_is_one_sentence(ffkeras, monkeypatch, tmp_path):
    WRITERS["yolo"](tmp_path / "faces")
    monkeypatch.setitem(sys.modules, "scipy", None)  # as where it is not installed
    for name in [name for name in sys.modules if name.startswith(("ffkeras.evaluation", "scipy"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    (tmp_path / "none.json").write_text("{}")
    code, _, err = ffkeras("evaluate", "--from-detections", tmp_path / "none.json", "--data", tmp_path / "faces")
    assert code == 1
    assert err == (
        "error: ffkeras evaluate needs scipy, which is not installed; pip install 'ffkeras[runtime,evaluate]'.\n"
    )
