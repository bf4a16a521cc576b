import sys

import pytest

from tests import forged
from tests.fuzz import __main__ as driver
from tests.fuzz.corpus import KINDS, Attack, animated_png, with_checksum
from tests.fuzz.mutate import mend_png
from tests.fuzz.readers import READERS, make_reader

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="resource limits of Unix")


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_decides_the_files(kind):
    first, again, other = Attack(kind, 3), Attack(kind, 3), Attack(kind, 4)
    files = [first.next() for _ in range(20)]
    assert files == [again.next() for _ in range(20)]
    assert files != [other.next() for _ in range(20)]
    assert len(set(files)) > 5


def test_a_whole_png_needs_no_mending():
    assert mend_png(animated_png()) == animated_png()
    assert mend_png(b"something") == with_checksum(b"something") == b"something"


@pytest.fixture
def large_parent():
    """Memory of the process that starts the attacked ones, above what these may take; it is none of theirs."""
    large = bytearray(b"1") * ((driver.MEGABYTES + 200) << 20)
    yield
    del large


@pytest.mark.usefixtures("large_parent")
@pytest.mark.parametrize("kind", ["picture", "label"])
def test_a_short_attack_finds_nothing(kind, tmp_path):
    counts = driver.attack(kind, 600, 0, tmp_path / "found", limit=60)  # the number ends it, not the time
    assert counts["accepted"] and counts["refused"]
    assert counts["files"] == counts["accepted"] + counts["refused"] > 5
    assert not (tmp_path / "found").exists()


@pytest.mark.device
@pytest.mark.usefixtures("large_parent")
@pytest.mark.parametrize("kind", [kind for kind in READERS if "-" in kind])
def test_the_readers_in_other_languages_take_and_refuse_and_do_not_fall_over(kind, tmp_path):
    counts = driver.attack(kind, 600, 0, tmp_path / "found", limit=200)
    assert counts["accepted"]
    assert counts["refused"] or kind == "java-picture"  # whatever has no orientation is upright
    assert counts["files"] == counts["accepted"] + counts["refused"] == 200, dict(counts)


@pytest.mark.device
@pytest.mark.usefixtures("large_parent")
@pytest.mark.parametrize("language", ["java", "javascript"])
def test_java_and_javascript_take_the_models_that_python_takes(language, tmp_path):
    opener = driver.Opener(make_reader(f"{language}-model", tmp_path), tmp_path / "errors.txt")
    path = tmp_path / "some.tflite"
    for kind in ("model", "graph"):
        files = Attack(kind, 11)
        for number in range(150):
            model = files.next()
            path.write_bytes(model)
            expected = "accepted" if forged.refusal(model, str(path)) is None else "refused"
            assert opener.open(path) == expected, (kind, number)
    opener.end()


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("import os; os.abort()", "crash"),
        ("import time; time.sleep(99)", "hang"),
        ("print('accepted 5000 0.1', flush=True); import time; time.sleep(99)", "memory"),
    ],
)
def test_every_way_to_fail_is_a_finding(code, outcome, tmp_path, monkeypatch):
    popen = driver.subprocess.Popen
    monkeypatch.setattr(driver, "START_PATIENCE", 5)
    monkeypatch.setattr(driver, "PATIENCE", 5)
    monkeypatch.setattr(driver.subprocess, "Popen", lambda _, **kw: popen([sys.executable, "-c", code], **kw))
    counts = driver.attack("label", 30, 0, tmp_path / "found", limit=1)
    assert counts == {"files": 1, outcome: 1}
    assert sorted(path.suffix for path in (tmp_path / "found").iterdir()) == [".bin", ".txt"]
