import sys
from pathlib import Path

import pytest
import scipy.io

sys.path.insert(0, str(Path(__file__).parent))

from widerface_fixture import cells, write_ground_truth

from ffkeras.errors import UserError
from ffkeras.evaluation import read_ground_truth

OFFICIAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "ground_truth"


@pytest.fixture
def folder(tmp_path):
    write_ground_truth(tmp_path)
    return tmp_path


def test_boxes_flags_and_subsets_are_read(folder):
    truth = read_ground_truth(folder)
    assert truth.names == ["0--Parade/a.jpg", "0--Parade/b.jpg", "1--Meeting/c.jpg"]
    assert truth.boxes["0--Parade/a.jpg"].tolist() == [[10, 10, 40, 40], [100, 20, 20, 20]]
    assert truth.valid["1--Meeting/c.jpg"].tolist() == [False, True]
    easy = truth.subset("easy", truth.names)
    assert easy["0--Parade/a.jpg"].keep.tolist() == [True, False]
    assert easy["1--Meeting/c.jpg"].keep.tolist() == [False, False]
    assert truth.valid_faces(["1--Meeting/c.jpg"])["1--Meeting/c.jpg"].keep.tolist() == [False, True]


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official ground truth is not beside the checkout")
def test_official_files_have_their_published_counts():
    truth = read_ground_truth(OFFICIAL)
    assert len(truth.names) == 3226
    assert sum(len(boxes) for boxes in truth.boxes.values()) == 39708
    counts = {subset: sum(map(len, kept.values())) for subset, kept in truth.kept.items()}
    assert counts == {"easy": 7211, "medium": 13319, "hard": 31958}


def test_missing_file_is_named(folder):
    (folder / "wider_medium_val.mat").unlink()
    with pytest.raises(UserError, match=r"wider_medium_val\.mat is missing"):
        read_ground_truth(folder)


@pytest.mark.parametrize("name", ["wider_face_val.mat", "wider_hard_val.mat"])
@pytest.mark.parametrize("keep_bytes", [0, 100, 300])
def test_truncated_file_is_named(folder, name, keep_bytes):
    path = folder / name
    path.write_bytes(path.read_bytes()[:keep_bytes])
    with pytest.raises(UserError, match=name):
        read_ground_truth(folder)


@pytest.mark.parametrize("name", ["wider_face_val.mat", "wider_easy_val.mat"])
def test_matlab_file_of_another_content_is_refused(folder, name):
    scipy.io.savemat(folder / name, {"event_list": cells(["x"]), "numbers": [1, 2, 3]})
    with pytest.raises(UserError, match="does not hold WIDER FACE's ground truth"):
        read_ground_truth(folder)


def test_subset_of_other_images_is_refused(folder):
    path = folder / "wider_easy_val.mat"
    content = {key: value for key, value in scipy.io.loadmat(path).items() if not key.startswith("__")}
    content["event_list"][0, 0] = "9--Other"
    scipy.io.savemat(path, content)
    with pytest.raises(UserError, match="does not belong to"):
        read_ground_truth(folder)
