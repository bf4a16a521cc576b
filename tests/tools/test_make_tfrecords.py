"""The command that writes and checks shards; its main function is called, since a process would take seconds."""

import runpy
import sys
from pathlib import Path

import pytest

from ffkeras.data.shard_writer import write_shards
from ffkeras.data.shards import ShardSource
from ffkeras.data.tiny import TinyImages
from ffkeras.errors import UserError

TOOL = Path(__file__).resolve().parents[2] / "tools" / "make_tfrecords.py"


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder, tiny = tmp_path_factory.mktemp("faces"), TinyImages(12)
    lines = []
    for index in range(len(tiny)):
        data, labelled = tiny.encoded(index)
        (folder / labelled.path.name).write_bytes(data)
        x1, y1, x2, y2 = labelled.boxes[0]
        lines += [f"# {labelled.path.name}", f"{x1} {y1} {x2 - x1} {y2 - y1}"]
    (folder / "label.txt").write_text("\n".join(lines) + "\n")
    return folder


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [str(TOOL), *map(str, arguments)])
    return runpy.run_path(str(TOOL))["main"]()


def test_it_writes_what_training_reads_and_says_how_to_go_on(faces, tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, faces, "--output", tmp_path, "--workers", 1) == 0
    assert f"train with --data {tmp_path}" in capsys.readouterr().out
    assert len(ShardSource(tmp_path)) + len(ShardSource(tmp_path, "held_out.npy")) == 12
    assert run(monkeypatch, "--check", tmp_path, "--workers", 1) == 0


def test_what_is_left_out_or_damaged_is_said_and_is_a_failure(faces, tmp_path, monkeypatch, capsys):
    victim = sorted(faces.glob("*.jpg"))[4]
    content = victim.read_bytes()
    victim.write_bytes(content[:250] + content[-2:])  # its head and end are whole, which is what is looked at first
    try:
        assert run(monkeypatch, faces, "--output", tmp_path / "some") == 1
    finally:
        victim.write_bytes(content)
    said = capsys.readouterr().err
    assert f"error: {victim}" in said
    assert "1 of 12 pictures are left out" in said

    write_shards(TinyImages(12), tmp_path / "shards", 10**6)
    (shard,) = (tmp_path / "shards").glob("*.tfrecord")
    damaged = bytearray(shard.read_bytes())
    damaged[100] ^= 1
    shard.write_bytes(damaged)
    assert run(monkeypatch, "--check", tmp_path / "shards") == 1
    assert "1 damaged or missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "--output", "x"), "nowhere is not a folder"),
        (("x",), "Add --output"),
        (("x", "--output", "y", "--shard-mb", "0"), "--shard-mb is 0"),
    ],
)
def test_mistakes_are_told_in_a_sentence(monkeypatch, arguments, said):
    with pytest.raises(UserError, match=said):
        run(monkeypatch, *arguments)
