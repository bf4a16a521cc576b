"""Which networks int8 can express."""

from ffkeras.errors import UserError
from ffkeras.models import NetworkConfig


def check_quantizable(config: NetworkConfig) -> None:
    """Raise UserError, saying what to do, for a network that int8 cannot express."""
    if getattr(config, "context", None) == "deformable":
        raise UserError(
            "V1 with deformable context samples at computed positions, which int8 cannot hold; "
            'convert it to float32, or train a V1 with context "standard".'
        )
