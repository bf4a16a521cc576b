import os
import socket
import subprocess
import sys

import pytest

from ffkeras.errors import UserError
from ffkeras.files import atomic_path, check_writable, read_bytes, read_json, write_json, write_text


def test_a_failing_writer_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", [check_writable, lambda path: write_text(path, "text")])
def test_a_place_where_no_file_can_be_is_told_plainly(tmp_path, write):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is a file, so nothing can be written below it"):
        write(tmp_path / "file" / "new" / "result.txt")
    with pytest.raises(UserError, match="is a folder; name a file"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_check_makes_nothing(tmp_path):
    check_writable(tmp_path / "new" / "result.txt")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_does_not_allow_writing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)  # permissions do not bind the superuser
    with pytest.raises(UserError, match=f"{tmp_path} does not allow it"):
        check_writable(tmp_path / "new" / "result.txt")


def test_a_full_disk_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="No space left"), atomic_path(tmp_path / "x"):
        raise OSError(28, "No space left on device")


def test_json_round_trip(tmp_path):
    write_json(tmp_path / "new" / "x.json", {"a": [1, 2.5, "é"]})
    assert read_json(tmp_path / "new" / "x.json") == {"a": [1, 2.5, "é"]}


@pytest.mark.parametrize(("text", "sentence"), [("{", "not valid JSON"), ("[1]", "hold a JSON object")])
def test_bad_json_is_named(tmp_path, text, sentence):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UserError, match=f"x.json .*{sentence}"):
        read_json(path)


def test_unfinished_files_of_killed_programs_are_cleared_and_those_of_others_stay(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    orphan, living = tmp_path / f".faces.{ended.pid}-0.part.json", tmp_path / f".faces.{os.getppid()}-3.part.json"
    for path in (orphan, living, tmp_path / "a.part.json"):
        path.touch()
    write_text(tmp_path / "faces.json", "{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([living.name, "a.part.json", "faces.json"])


def test_the_longest_name_can_be_written(tmp_path):
    write_text(tmp_path / ("ü" * 120 + ".json"), "{}")
    write_text(tmp_path / ("x" * 255), "{}")
    with pytest.raises(UserError, match="File name too long"):
        write_text(tmp_path / ("x" * 256), "{}")
    assert len(list(tmp_path.iterdir())) == 2


def test_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    done = []
    replace = type(tmp_path).replace
    monkeypatch.setattr("ffkeras.files.sync", lambda path: done.append(path.name))
    monkeypatch.setattr(type(tmp_path), "replace", lambda *paths: done.append("renamed") or replace(*paths))
    write_text(tmp_path / "x.txt", "text")
    assert done[0].startswith(".x.") and done[1:] == ["renamed", tmp_path.name]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs")
def test_what_is_no_regular_file_is_neither_read_nor_replaced(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # a socket has a short path
        server.bind("socket")
        for name in ("fifo", "socket"):
            with pytest.raises(UserError, match=f"{name} is no regular file|cannot read .*{name}"):
                read_bytes(tmp_path / name)
            with pytest.raises(UserError, match=f"{name} is a device, FIFO or socket; name a file"):
                write_text(tmp_path / name, "text")
    with pytest.raises(UserError, match="is no regular file"):
        read_bytes("/dev/zero")
    with pytest.raises(UserError, match="cannot read"):
        read_bytes("a\0b")


def test_a_file_above_the_limit_is_named(tmp_path):
    (tmp_path / "x").write_bytes(b"12345")
    assert read_bytes(tmp_path / "x", 5) == b"12345"
    with pytest.raises(UserError, match="x has 5 bytes, above the limit of 4"):
        read_bytes(tmp_path / "x", 4)
