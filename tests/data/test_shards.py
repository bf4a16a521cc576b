"""Sets in shards: the same samples as in files, written in pieces, checked."""

import itertools
import json

import cv2
import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.data.dataset import read_dataset, split_held_out
from ffkeras.data.image_cache import FileSource
from ffkeras.data.samples import PipelineConfig, make_sample
from ffkeras.data.shard_writer import EncodedFiles, check_shards, write_shards
from ffkeras.data.shards import HELD_OUT_FILE, ShardSource
from ffkeras.errors import UserError
from ffkeras.training.config import TrainingConfig
from ffkeras.training.run import _digest, make_source

COUNT = 40


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    lines = []
    for index in range(COUNT):
        rng = np.random.default_rng(index)
        small = rng.integers(0, 255, (6, 9, 3), np.uint8)
        cv2.imwrite(str(folder / f"{index}.jpg"), cv2.resize(small, (int(rng.integers(60, 120)), 80)))
        lines += [f"# {index}.jpg", *(["5.5 20 40 40.25"] * (index % 3)), "30 30 0 5"]
        lines.append("10 10 20 20 " + "12 14 0 " * 5)
    (folder / "label.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def shards(faces, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "shards"
    index = write_shards(EncodedFiles(read_dataset([faces])), folder, 20_000)
    assert len(index.shards) > 3
    assert index.training + index.held_out == COUNT
    return folder


def same(mine, theirs):
    (image, labelled), (expected, wanted) = mine, theirs
    np.testing.assert_array_equal(image, expected)
    for name in ("boxes", "landmarks", "has_landmarks", "ignore"):
        np.testing.assert_array_equal(getattr(labelled, name), getattr(wanted, name), err_msg=name)
    assert labelled.source == wanted.source


def test_shards_give_the_samples_of_the_files_in_their_order(faces, shards):
    for files, part in zip(split_held_out(read_dataset([faces])), ("training.npy", HELD_OUT_FILE), strict=True):
        source, wanted = ShardSource(shards, part), FileSource(files)
        assert len(source) == len(wanted) > 0
        for index in range(len(source)):
            same(source.load(index), wanted.load(index))


def test_a_run_sees_the_same_batches_from_shards_as_from_files(faces, shards):
    """Whatever the place in the endless sequence: an epoch's order depends on the seed and the count alone."""
    pipeline = PipelineConfig((64, 64), 4, (0.0, 0.0, 0.0), seed=3)
    sources = [make_source(TrainingConfig(data=(str(folder),)), None)[0] for folder in (faces, shards)]
    for position in (0, 1, len(sources[0]), 3 * len(sources[0]) + 5):
        a, b = (make_sample(source, pipeline, position) for source in sources)
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.boxes, b.boxes)


def test_the_parts_of_a_set_stay_what_they_are(faces, tmp_path):
    """A set with a part "val" holds that part out, and its part "test" goes nowhere."""
    images = read_dataset([faces])
    for index, image in enumerate(images):
        image.split = ("train", "train", "val", "test")[index % 4]
    write_shards(EncodedFiles(images), tmp_path, 20_000)
    for part, wanted in zip(("training.npy", HELD_OUT_FILE), split_held_out(images), strict=True):
        source = ShardSource(tmp_path, part)
        assert [source.load(i)[1].path.name for i in range(len(source))] == [image.path.name for image in wanted]


def test_tensorflow_reads_the_shards_too(shards):
    names = sorted(str(path) for path in shards.glob("*.tfrecord"))
    records = [tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset(names)]
    assert len(records) == COUNT
    kept = {r.features.feature["image/name"].bytes_list.value[0] for r in records}
    assert len(kept) == COUNT


def test_files_and_shards_are_joined_and_a_set_named_twice_counts_twice(faces, shards):
    once, held_out = make_source(TrainingConfig(data=(str(shards),)), None)
    both, held_out_of_both = make_source(TrainingConfig(data=(str(shards), str(faces), str(shards))), None)
    assert len(both) == 3 * len(once)
    assert len(held_out_of_both) == 2 * len(held_out)
    for index in range(len(once)):
        for copy in range(3):
            same(both.load(copy * len(once) + index), once.load(index))


def test_a_run_knows_whether_its_shards_are_others(faces, shards, tmp_path):
    known = {_digest(*make_source(TrainingConfig(data=(str(folder),)), None)) for folder in (shards, faces)}
    write_shards(EncodedFiles(read_dataset([faces]), longest_side=70), tmp_path / "other", 20_000)
    known.add(_digest(*make_source(TrainingConfig(data=(str(tmp_path / "other"),)), None)))
    known.add(_digest(*make_source(TrainingConfig(data=(str(shards), str(tmp_path / "other"))), None)))
    assert len(known) == 4
    write_shards(EncodedFiles(read_dataset([faces])), tmp_path / "again", 20_000)
    assert _digest(*make_source(TrainingConfig(data=(str(tmp_path / "again"),)), None)) in known


def test_smaller_pictures_have_their_faces_where_they_were(faces, tmp_path):
    write_shards(EncodedFiles(read_dataset([faces]), longest_side=50), tmp_path / "small", 10**6)
    files = FileSource(split_held_out(read_dataset([faces]))[0])
    source = ShardSource(tmp_path / "small")
    for index in range(len(source)):
        (image, labelled), (whole, wanted) = source.load(index), files.load(index)
        assert max(image.shape[:2]) == 50
        scale = np.array(image.shape[1::-1]) / whole.shape[1::-1]
        np.testing.assert_allclose(labelled.boxes, wanted.boxes * np.tile(scale, 2), rtol=1e-5)
        np.testing.assert_allclose(labelled.landmarks, wanted.landmarks * scale, rtol=1e-5)
        expected = cv2.resize(whole, image.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(image.astype(int) - expected).mean() < 6  # JPEG's


class Stopped(Exception):
    pass


@pytest.mark.parametrize("stop", [0, 9, 31])
def test_a_stopped_call_goes_on_from_its_last_whole_shard(faces, shards, tmp_path, stop):
    images, read = EncodedFiles(read_dataset([faces])), []

    def stopping(places):
        for place in places:
            read.append(place)
            if len(read) > stop >= 0:
                raise Stopped
            yield place

    with pytest.raises(Stopped):
        write_shards(images, tmp_path, 20_000, track=stopping)
    assert not (tmp_path / "index.json").exists()
    assert not list(tmp_path.glob("*.part*"))
    finished, stop = len(list(tmp_path.glob("*.tfrecord"))), -1
    read.clear()
    write_shards(images, tmp_path, 20_000, track=stopping)
    assert (finished == 0) == (read[0] == 0)
    assert len(read) == COUNT - read[0]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in shards.iterdir()
    }
    read.clear()
    write_shards(images, tmp_path, 20_000, track=stopping)  # nothing is left to do
    assert not read


def test_shards_of_other_pictures_are_not_gone_on_with(faces, shards, tmp_path):
    images = EncodedFiles(read_dataset([faces]))
    with pytest.raises(UserError, match="holds shards already"):
        write_shards(images, shards, 30_000)
    with pytest.raises(Stopped):
        write_shards(images, tmp_path, 20_000, track=lambda places: _raise_after(places, 20))
    with pytest.raises(UserError, match="of other images"):
        write_shards(EncodedFiles(images.images[1:]), tmp_path, 20_000)


def _raise_after(places, count):
    yield from itertools.islice(places, count)
    raise Stopped


def test_pictures_that_cannot_be_read_are_left_out_by_name(faces, tmp_path):
    images = read_dataset([faces])
    for index in (0, 17, COUNT - 1):
        images[index].path = tmp_path / f"broken{index}.jpg"
        images[index].path.write_bytes(b"no image")
    index = write_shards(EncodedFiles(images), tmp_path / "shards", 20_000)
    assert index.training + index.held_out == COUNT - 3
    assert [f"broken{n}.jpg" in line for n, line in zip((0, 17, COUNT - 1), index.left_out, strict=True)] == [True] * 3
    with pytest.raises(UserError, match="no image could be written"):
        write_shards(EncodedFiles([images[0]]), tmp_path / "none", 20_000)


def test_every_damaged_record_is_found_and_named(shards, tmp_path):
    """A byte of any place of a record, its labels included."""
    clean = {path.name: path.read_bytes() for path in shards.iterdir()}
    assert check_shards(shards) == []
    source = ShardSource(shards)
    rng = np.random.default_rng(1)
    for name, content in clean.items():
        (tmp_path / name).write_bytes(content)
    for index in rng.integers(len(source), size=6).tolist():
        row = source.rows[index]
        path = tmp_path / source.index.shards[row["shard"]].name
        place = int(row["offset"]) + 12 + int(rng.integers(row["bytes"]))
        damaged = bytearray(clean[path.name])
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        damaged_source = ShardSource(tmp_path)
        with pytest.raises(UserError, match=rf"record {index} of training.npy in .*{path.name} is damaged"):
            damaged_source.load(index)
        assert len(damaged_source.bad) == 1
        (line,) = check_shards(tmp_path)
        assert f"record {index} of" in line
        path.write_bytes(clean[path.name])


@pytest.mark.parametrize("victim", ["index.json", "training.npy", "held_out.npy", "faces-00001.tfrecord"])
@pytest.mark.parametrize("how", ["gone", "cut", "other"])
def test_files_that_are_missing_or_damaged_are_told_in_a_sentence(shards, tmp_path, victim, how):
    for path in shards.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / victim
    if how == "gone":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] if how == "cut" else b"{}")
    with pytest.raises(UserError, match=str(tmp_path)):
        for part in ("training.npy", HELD_OUT_FILE):
            ShardSource(tmp_path, part)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"shards": [{"name": "../faces", "bytes": 3}]},
        {"shards": 3},
        {"training": -1},
        {"more": 1},
        {"sources": None},
    ],
)
def test_an_index_of_something_else_is_refused(shards, tmp_path, change):
    values = {**json.loads((shards / "index.json").read_text()), **change}
    for path in shards.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "index.json").write_text(json.dumps(values))
    with pytest.raises(UserError, match="index.json"):
        ShardSource(tmp_path)
