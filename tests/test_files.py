import pytest

from ffkeras.errors import UserError
from ffkeras.files import atomic_path, read_json, write_json, write_text


def test_a_failing_writer_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write .*file/result.txt"):
        write_text(tmp_path / "file" / "result.txt", "text")


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
