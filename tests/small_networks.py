"""Networks that are built and trained in seconds."""

from ffkeras.models import BackboneConfig, NanoBConfig, V2UltraConfig

SMALL_WIDTHS = (4, 4, 8, 8, 8, 8, 16, 16, 16, 16, 16, 16, 32, 32)

SMALLEST_NANO_B = NanoBConfig(
    backbone=BackboneConfig(widths=SMALL_WIDTHS),
    attention=False,
    mse_fpn=False,
    assn=False,
    context=False,
    scale_decoupling=False,
    pyramid_layers=1,
)

PLAIN_V2_ULTRA = V2UltraConfig(  # with its attention, without what may be left out beside it
    smart_feature_reuse=False,
    attention_multiplication=False,
    progressive_enhancement=False,
    multi_scale_intelligence=False,
    dynamic_weight_sharing=False,
    context=False,
)
