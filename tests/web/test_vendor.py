import json
import shutil

import pytest

from ffkeras.errors import UserError
from ffkeras.web.vendor import MANIFEST, fetch, find_differences
from tests.web.places import DEMO

VENDOR = DEMO / "vendor" / "litert"


@pytest.fixture
def copy(tmp_path):
    """A copy of the folder, for changes."""
    return shutil.copytree(VENDOR, tmp_path / "litert")


def test_every_file_that_the_demo_carries_has_its_checksum():
    assert find_differences(VENDOR) == []
    carried = {path.name for path in VENDOR.iterdir()} - {MANIFEST, "LICENSE"}
    assert carried == set(json.loads((VENDOR / MANIFEST).read_text())["files"])


def test_a_changed_a_cut_and_a_missing_file_are_named(copy):
    (copy / "wasm-utils.js").write_text("// changed")
    packed = copy / "litert_wasm_internal.wasm.gz"
    packed.write_bytes(packed.read_bytes()[:1000])
    (copy / "litert.js").unlink()
    names = [sentence.split()[0].rsplit("/")[-1] for sentence in find_differences(copy)]
    assert sorted(names) == ["litert.js", "litert_wasm_internal.wasm.gz", "wasm-utils.js"]


def test_what_is_whole_is_not_fetched(copy, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert fetch(copy) == []


def test_a_missing_npm_is_told(copy, monkeypatch):
    (copy / "wasm-utils.js").unlink()
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(UserError, match="npm is not installed; install Node.js"):
        fetch(copy)


@pytest.mark.device
def test_missing_files_come_back_from_npm(copy):
    for path in (copy / "litert.js", copy / "litert_wasm_compat_internal.wasm.gz", copy / "wasm-utils.js"):
        path.unlink()
    assert len(fetch(copy)) == 3
    assert find_differences(copy) == []


@pytest.mark.device
@pytest.mark.parametrize(
    ("key", "words"), [("integrity", "another checksum than is pinned"), ("version", "npm cannot fetch")]
)
def test_another_archive_than_the_pinned_one_is_refused(copy, key, words):
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["packages"]["@litertjs/wasm-utils"][key] = "0.0.0-none"
    (copy / MANIFEST).write_text(json.dumps(manifest))
    (copy / "wasm-utils.js").unlink()
    with pytest.raises(UserError, match=words):
        fetch(copy)
    assert not (copy / "wasm-utils.js").exists()
