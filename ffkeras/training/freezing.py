"""The first blocks of a backbone as they are: they see most pixels, and take most of a step's time."""

from ffkeras.models.featherface import FeatherFace


def freeze_blocks(model: FeatherFace, count: int) -> None:
    """Keep the weights and the statistics of the first `count` blocks of the backbone; its stem is the first.

    Nothing is propagated back into them (Yosinski et al. 2014: the first layers serve most tasks alike).

    Args:
        model: a network with a backbone; any other where `count` is 0.
        count: 0 to 14.
    """
    for block in [model.backbone.stem, *model.backbone.blocks][:count] if count else []:
        block.trainable = False
