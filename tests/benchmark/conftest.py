"""Other people's files, where they lie beside the checkout, and small files that stand for them."""

from pathlib import Path

import pytest

PEERS = Path(__file__).resolve().parents[3] / "shared" / "peers"


@pytest.fixture(scope="session")
def peers() -> Path:
    """The folder of other people's files."""
    if not PEERS.is_dir():
        pytest.skip("no files of other projects beside the checkout")
    return PEERS
