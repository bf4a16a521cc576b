import dataclasses

import pytest

from ffkeras.errors import UserError
from ffkeras.files import write_json
from ffkeras.pruning.config import PruneConfig

PLAIN = PruneConfig("run", budgets=("params=150k",))


def test_a_configuration_survives_its_file(tmp_path):
    config = dataclasses.replace(PLAIN, rates={"pyramid": 0.3}, rates_from="given", image_size=(64, 96))
    write_json(tmp_path / "prune.json", config.to_json())
    assert PruneConfig.read(tmp_path / "prune.json") == config


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"budgets": ()}, "give a --budget, or --rates"),
        ({"budgets": ("params=",)}, "no number"),
        ({"trials": 0}, "trials is 0"),
        ({"highest_rate": 1.0}, "highest_rate is 1.0"),
        ({"objective": "speed"}, "choose one of loss, ap"),
        ({"rates": {"pyramid": 1.0}}, "the rate of pyramid is 1.0"),
        ({"seed": -1}, "seed is -1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
    ],
)
def test_values_outside_their_range_are_refused(values, said):
    with pytest.raises(UserError, match=said):
        dataclasses.replace(PLAIN, **values)


def test_machines_that_search_for_the_same_have_one_fingerprint_wherever_their_files_are():
    elsewhere = dataclasses.replace(PLAIN, run="/other/run", data=("/other/data",))
    assert elsewhere.fingerprint() == PLAIN.fingerprint()
    for change in ({"seed": 1}, {"trial_steps": 7}, {"budgets": ("params=140k",)}, {"checksum": "0"}):
        assert dataclasses.replace(PLAIN, **change).fingerprint() != PLAIN.fingerprint()
