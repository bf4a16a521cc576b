import datetime

from ffkeras.crosscheck import result_cache
from ffkeras.crosscheck.result_cache import ResultCache, content_key


def test_results_survive_and_depend_on_content_and_settings(tmp_path):
    model, path = tmp_path / "m.tflite", tmp_path / "result_cache.json"
    model.write_bytes(b"one")
    key = content_key("check", model, 3)
    ResultCache(path).keep(key, {"a": 1})
    kept = ResultCache(path).find(key)
    assert (kept.value, kept.date) == ({"a": 1}, datetime.date.today().isoformat())
    assert ResultCache(path).find(content_key("check", model, 4)) is None
    model.write_bytes(b"two")
    assert ResultCache(path).find(content_key("check", model, 3)) is None


def test_results_depend_on_all_code_of_the_package(tmp_path, monkeypatch):
    (tmp_path / "runtime").mkdir()
    code, model = tmp_path / "runtime" / "decode.py", tmp_path / "m.tflite"
    model.write_bytes(b"one")
    monkeypatch.setattr(result_cache, "PACKAGE", tmp_path)
    keys = set()
    for text in ("a = 1", "a = 2"):
        code.write_text(text)
        result_cache.code_checksum.cache_clear()
        keys.add(content_key("check", model))
    result_cache.code_checksum.cache_clear()
    assert len(keys) == 2


def test_damaged_ledger_starts_again(tmp_path):
    path = tmp_path / "result_cache.json"
    path.write_text("{")
    assert ResultCache(path).find("a") is None
