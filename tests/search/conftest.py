"""A network small enough to be searched in seconds."""

import pytest

SMALL_WIDTHS = (4, 4, 8, 8, 8, 8, 16, 16, 16, 16, 16, 16, 32, 32)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A run folder with a narrow Nano-B without its modules, untrained."""
    from ffkeras.models.build import build_model
    from ffkeras.models.config import BackboneConfig, NanoBConfig
    from ffkeras.models.saving import save_run

    modules = dict.fromkeys(("attention", "scale_decoupling", "mse_fpn", "assn"), False)
    config = NanoBConfig(backbone=BackboneConfig(widths=SMALL_WIDTHS), pyramid_channels=16, **modules)
    folder = tmp_path_factory.mktemp("small") / "run"
    save_run(build_model(config), folder)
    return folder


@pytest.fixture(scope="session")
def small_map(small_run):
    """What can be pruned in it."""
    from ffkeras.models.saving import load_run
    from ffkeras.pruning.dimensions import PruningMap

    return PruningMap(load_run(small_run))
