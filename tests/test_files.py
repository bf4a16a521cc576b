import pytest

from ffkeras.errors import UserError
from ffkeras.files import atomic_path, check_writable, read_json, write_json, write_text


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
