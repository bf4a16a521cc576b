import dataclasses

import pytest
from rich.console import Console

from ffkeras.errors import UserError
from ffkeras.files import write_json
from ffkeras.models import config_to_json, default_config
from ffkeras.models.saving import CONFIG_FILE, QUANTIZED_FILE
from ffkeras.pruning.config import GIVEN, UNIFORM, PruneConfig
from ffkeras.pruning.pipeline import PruningRun, resume_pruning, start_pruning

CONFIG = PruneConfig("", budgets=("params=0.6x",), rates_from=UNIFORM)


def pruning_run(config, output):
    return PruningRun(start_pruning(config, output), output, None, Console(quiet=True))


def test_only_a_float_run_is_pruned(tmp_path):
    quantised = tmp_path / "quantised"
    write_json(quantised / CONFIG_FILE, config_to_json(default_config("nano_b")))
    (quantised / QUANTIZED_FILE).touch()
    for run, said in ((tmp_path / "nothing", "is not a run folder"), (quantised, "is a quantised run")):
        with pytest.raises(UserError, match=said):
            start_pruning(dataclasses.replace(CONFIG, run=str(run)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budgets": ("params=10",)}, "there is still [0-9,]+; give at least that"),
        ({"budgets": (), "rates_from": GIVEN, "rates": {"nose": 0.5}}, "has no group nose; its groups are backbone/4"),
    ],
)
def test_what_cannot_be_done_leaves_nothing(small_run, tmp_path, changes, said):
    with pytest.raises(UserError, match=said):
        pruning_run(dataclasses.replace(CONFIG, run=str(small_run), **changes), tmp_path / "out").find_rates()
    assert not (tmp_path / "out").exists()


def test_a_pruning_is_neither_overwritten_nor_resumed_with_other_weights(small_run, tmp_path):
    config = dataclasses.replace(CONFIG, run=str(small_run))
    started = pruning_run(config, tmp_path)
    rates = started.find_rates()
    assert len(set(rates.values())) == 1
    assert resume_pruning(tmp_path) == started.config
    with pytest.raises(UserError, match="already holds a pruning"):
        start_pruning(config, tmp_path)
    (tmp_path / "prune.json").write_text((tmp_path / "prune.json").read_text().replace(started.config.checksum, "0"))
    with pytest.raises(UserError, match="holds other weights"):
        resume_pruning(tmp_path)


def test_resuming_needs_a_pruning(tmp_path):
    with pytest.raises(UserError, match="holds no pruning to resume"):
        resume_pruning(tmp_path)
