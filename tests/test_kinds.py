import struct

import cv2
import numpy as np
import pytest

from ffkeras.kinds import Kind, file_kind

GREY = np.full((48, 64, 3), 90, np.uint8)


def encoded(suffix):
    return cv2.imencode(suffix, GREY)[1].tobytes()


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    for _ in range(3):
        writer.write(GREY)
    writer.release()
    return path.read_bytes()


@pytest.mark.parametrize("name", ["photo", "photo.dat", "photo.mp4", "photo.jpg"])
@pytest.mark.parametrize(("suffix", "kind"), [(".jpg", "JPEG"), (".png", "PNG"), (".webp", "WebP"), (".tif", "TIFF")])
def test_a_picture_is_one_by_its_bytes(tmp_path, suffix, kind, name):
    (tmp_path / name).write_bytes(encoded(suffix))
    found = file_kind(tmp_path / name)
    assert (found.kind, found.name, found.known) == (Kind.IMAGE, kind, True)


@pytest.mark.parametrize("name", ["clip", "clip.3gp", "clip.jpg", "clip.bin"])
def test_a_video_is_one_by_its_bytes(tmp_path, video, name):
    (tmp_path / name).write_bytes(video)
    assert file_kind(tmp_path / name).kind == Kind.VIDEO


@pytest.mark.parametrize(
    ("name", "data", "kind", "word"),
    [
        ("a", b"G" + bytes(187) + b"G" + bytes(187) + b"G" + bytes(187), Kind.VIDEO, "video"),
        ("a.mts", (bytes(4) + b"G" + bytes(187)) * 4, Kind.VIDEO, "video"),
        ("a", b"\x1a\x45\xdf\xa3" + bytes(50), Kind.VIDEO, "video"),
        ("a.heic", struct.pack(">I", 24) + b"ftypheic" + bytes(50), Kind.IMAGE, "HEIC"),
        ("a.jpg", struct.pack(">I", 24) + b"ftypavif" + bytes(50), Kind.IMAGE, "AVIF"),
        ("a.mp4", struct.pack(">I", 24) + b"ftypisom" + bytes(50), Kind.VIDEO, "video"),
        ("a.nef", b"MM\0*" + bytes(50), Kind.OTHER, "camera raw"),
        ("a.pdf", b"%PDF-1.7", Kind.OTHER, "PDF"),
        ("notes", b"some words \xc3\xa9", Kind.OTHER, "text"),
        ("thing.xyz", b"\0\1\2\3" * 20, Kind.OTHER, "xyz"),
        ("thing", b"", Kind.OTHER, "empty or unreadable"),
        ("empty.jpg", b"", Kind.IMAGE, "jpg"),
        ("broken.mov", b"\0\1\2\3" * 20, Kind.VIDEO, "mov"),
    ],
)
def test_other_kinds(tmp_path, name, data, kind, word):
    (tmp_path / name).write_bytes(data)
    found = file_kind(tmp_path / name)
    assert (found.kind, found.name) == (kind, word)


def test_what_is_not_there_is_judged_by_its_name(tmp_path):
    assert file_kind(tmp_path / "gone.jpg").kind == Kind.IMAGE
    assert file_kind(tmp_path / ("x" * 300)).kind == Kind.OTHER
