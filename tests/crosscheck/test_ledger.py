from ffkeras.crosscheck.ledger import Ledger, content_key


def test_results_survive_and_depend_on_content_and_settings(tmp_path):
    model, path = tmp_path / "m.tflite", tmp_path / "ledger.json"
    model.write_bytes(b"one")
    key = content_key("check", model, 3)
    Ledger(path).keep(key, {"a": 1})
    assert Ledger(path).find(key) == {"a": 1}
    assert Ledger(path).find(content_key("check", model, 4)) is None
    model.write_bytes(b"two")
    assert Ledger(path).find(content_key("check", model, 3)) is None


def test_damaged_ledger_starts_again(tmp_path):
    path = tmp_path / "ledger.json"
    path.write_text("{")
    assert Ledger(path).find("a") is None
