import json
import subprocess
import sys
from pathlib import Path

import pytest

from ffkeras.errors import UserError
from ffkeras.runtime.entries_file import EntriesFile

ROOT = Path(__file__).parents[2]
ENTRIES = [{"image": f"{number}.jpg", "faces": []} for number in range(3)]


def test_a_list_is_whole_after_every_entry(tmp_path):
    path = tmp_path / "new" / "faces.json"
    file = EntriesFile(path)
    for count, entry in enumerate(ENTRIES, start=1):
        file.add(entry)
        assert json.loads(path.read_text()) == ENTRIES[:count]
    assert len(path.read_text().splitlines()) == len(ENTRIES) + 2  # an entry a line


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson"])
def test_lines_are_whole_after_every_entry(tmp_path, suffix):
    path = tmp_path / f"faces.{suffix}"
    path.write_text("old")
    file = EntriesFile(path)
    for count, entry in enumerate(ENTRIES, start=1):
        file.add(entry)
        assert [json.loads(line) for line in path.read_text().splitlines()] == ENTRIES[:count]


def test_standard_output_takes_lines(capsys):
    EntriesFile(Path("-")).add(ENTRIES[0])
    assert json.loads(capsys.readouterr().out) == ENTRIES[0]


def test_nothing_is_made_without_an_entry(tmp_path):
    EntriesFile(tmp_path / "faces.json").close()
    assert not (tmp_path / "faces.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of files")
@pytest.mark.parametrize("name", ["faces.json", "faces.jsonl"])
def test_a_full_disk_leaves_the_entries_before_it_whole(tmp_path, name):
    """The limit of a file's size stands in for a full disk; it cuts an entry somewhere."""
    code = (
        "import json, resource, signal, sys; from pathlib import Path\n"
        "from ffkeras.errors import UserError; from ffkeras.runtime.entries_file import EntriesFile\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "file, count = EntriesFile(Path(sys.argv[1])), 0\n"
        "try:\n"
        "    while True:\n"
        "        file.add({'image': 'x' * 61, 'number': count}); count += 1\n"
        "except UserError as error:\n"
        "    print(count, error)\n"
    )
    path = tmp_path / name
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, cwd=ROOT, check=True)
    count = int(done.stdout.split()[0])
    assert f"cannot write {path}" in done.stdout and count > 5
    text = path.read_text()
    found = json.loads(text) if name.endswith(".json") else [json.loads(line) for line in text.splitlines()]
    assert [entry["number"] for entry in found] == list(range(count))


def test_a_file_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write"):
        EntriesFile(tmp_path / "file" / "faces.json").add(ENTRIES[0])
