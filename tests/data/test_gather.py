import subprocess

import cv2
import numpy as np
import pytest

from ffkeras.data.gather import gather
from ffkeras.data.voc import parse_voc_landmarks
from ffkeras.data.widerface import read_widerface
from ffkeras.errors import UserError

FACE = (
    "<object><name>face</name><bndbox><xmin>20</xmin><ymin>30</ymin><xmax>60</xmax><ymax>80</ymax></bndbox>"
    "<lm><x1>30</x1><y1>45</y1><x2>50</x2><y2>45</y2><x3>40</x3><y3>55</y3><x4>33</x4><y4>66</y4><x5>47</x5><y5>66</y5></lm>"
    "<has_lm>1</has_lm></object>"
)
UNMARKED = "<object><bndbox><xmin>1</xmin></bndbox><has_lm>0</has_lm></object>"


def voc(width, height):
    return f"<annotation><size><width>{width}</width><height>{height}</height></size>{FACE}{UNMARKED}</annotation>"


def jpeg(width, height):
    return cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8))[1].tobytes()


def repository(folder, *commits):
    """A git directory with one commit for each dictionary of files; what a later one lacks is removed."""

    def git(*arguments):
        settings = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", folder, *settings, *arguments], check=True, capture_output=True)

    folder.mkdir()
    git("init", "-q")
    for files in commits:
        git("rm", "-rq", "--ignore-unmatch", ".")
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        git("add", "-A")
        git("commit", "-qm", "a")
    return folder / ".git"


@pytest.fixture
def official(tmp_path):
    path = tmp_path / "wider_face_train_bbx_gt.txt"
    faces = "2\n20 30 40 50 0 0 0 0 0 0\n100 40 20 20 0 0 0 1 0 0\n"
    path.write_text("".join(f"0--Parade/0_Parade_a_0_{k}.jpg\n{faces}" for k in range(4)))
    return path


@pytest.fixture
def landmarks(tmp_path):
    names = [f"WIDER_FACE_landmark/annotations/0--Parade_0_Parade_a_0_{k}.xml" for k in range(4)]
    return repository(
        tmp_path / "marks", {name: voc(200, 100) + " " * k for k, name in enumerate(names)}, {"README": "moved"}
    )


def test_a_picture_of_the_history_comes_with_official_boxes_and_landmarks(tmp_path, official, landmarks):
    data = jpeg(200, 100)
    git = repository(tmp_path / "a", {"x/0_Parade_a_0_0.jpg": data, "b.jpg": jpeg(9, 9)}, {"README": "removed"})
    counts = gather([git], official, landmarks, [], tmp_path / "out")
    assert counts == {str(git): 1}
    (image,) = read_widerface(tmp_path / "out")
    assert image.path.read_bytes() == data
    np.testing.assert_array_equal(image.boxes, [[20, 30, 60, 80], [100, 40, 120, 60]])
    np.testing.assert_array_equal(image.ignore, [False, True])
    np.testing.assert_array_equal(image.has_landmarks, [True, False])
    np.testing.assert_allclose(image.landmarks[0], [[30, 45], [50, 45], [40, 55], [33, 66], [47, 66]])


def test_a_stretched_copy_gets_its_proportions_back_and_an_original_is_preferred(tmp_path, official, landmarks):
    stretched = repository(
        tmp_path / "s", {f"train/0_Parade_a_0_{k + 1}.jpg": jpeg(100, 100 + k) for k in (0, 2)}, {"README": "a"}
    )
    original = repository(tmp_path / "o", {"0_Parade_a_0_3.jpg": jpeg(200, 100)})
    counts = gather([stretched, original], official, landmarks, [], tmp_path / "out")
    assert counts == {str(stretched): 1, str(original): 1}
    small, whole = read_widerface(tmp_path / "out")
    assert cv2.imread(str(small.path)).shape == (50, 100, 3)
    np.testing.assert_array_equal(small.boxes[0], [10, 15, 30, 40])
    np.testing.assert_allclose(small.landmarks[0][0], [15, 22.5])
    assert cv2.imread(str(whole.path)).shape == (100, 200, 3)


def test_known_and_damaged_pictures_are_left_out(tmp_path, official, landmarks, caplog):
    files = {
        "0_Parade_a_0_0.jpg": jpeg(200, 100),
        "0_Parade_a_0_1.jpg": b"no picture",
        "0_Parade_a_0_3.jpg": jpeg(9, 9),
    }
    git = repository(tmp_path / "a", files)
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "0_Parade_a_0_0.jpg").write_bytes(b"")
    gather([git], official, None, [tmp_path / "known"], tmp_path / "out")
    assert [image.path.name for image in read_widerface(tmp_path / "out")] == ["0_Parade_a_0_3.jpg"]
    assert "not an image" in caplog.text


def test_pictures_that_a_detector_has_drawn_on_are_left_out(tmp_path, official):
    names = ["runs/detect/exp", "Results", "a/output_test", "predictions"]
    files = {f"{name}/0_Parade_a_0_{k}.jpg": jpeg(200, 100) for k, name in enumerate(names)}
    clean = jpeg(190, 100)
    git = repository(tmp_path / "a", {**files, "train/0_Parade_a_0_1.jpg": clean})
    gather([git], official, None, [], tmp_path / "out")
    (image,) = read_widerface(tmp_path / "out")
    assert image.path.read_bytes() == clean


def test_what_cannot_be_gathered_is_said(tmp_path, official, landmarks):
    git = repository(tmp_path / "a", {"b.jpg": jpeg(9, 9)})
    with pytest.raises(UserError, match="none of the repositories"):
        gather([git], official, None, [], tmp_path / "out")
    with pytest.raises(UserError, match="git directory"):
        gather([tmp_path / "nothing"], official, None, [], tmp_path / "out")
    with pytest.raises(UserError, match="no XML"):
        gather([git], official, git, [], tmp_path / "out")
    with pytest.raises(UserError, match="there already"):
        gather([git], official, None, [], tmp_path)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("data", [b"", b"<a>", b"<annotation/>", voc(1, 1).replace("<y5>66</y5>", "").encode()])
def test_a_file_without_landmarks_is_said(data):
    with pytest.raises(UserError, match="a.xml"):
        parse_voc_landmarks(data, "a.xml")
