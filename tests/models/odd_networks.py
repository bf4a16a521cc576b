"""Configurations of networks as pruning leaves them: hardly two widths are alike."""

from ffkeras.models import BackboneConfig, NanoBConfig, V1Config, V2UltraConfig

# P3 27, P4 50, P5 87: the specification's example
ODD_WIDTHS = (5, 9, 13, 17, 21, 27, 33, 41, 47, 50, 50, 50, 61, 87)
BACKBONE = BackboneConfig(widths=ODD_WIDTHS)
LEVELS = ((5, 3, 7, 2, 6), (1, 9, 4, 3, 2), (8, 1, 1, 1, 5))
ODD_NETWORKS = {
    "v1": V1Config(
        backbone=BackboneConfig(ODD_WIDTHS, "leaky_relu", "symmetric"),
        pyramid_channels=21,
        upper_channels=(21, 13),
        attention_hidden=(3, 1, 7),
        pyramid_attention_hidden=(2, 3, 1),
        context="standard",
        context_widths=LEVELS,
        shuffle_groups=1,
        zero_in_maximum=True,
    ),
    "v2_ultra": V2UltraConfig(
        backbone=BACKBONE,
        pyramid_channels=21,
        pyramid_layers=1,
        backbone_attention_hidden=3,
        pyramid_attention_hidden=5,
        context_groups=1,
        context_widths=((5, 3, 7, 2, 6), (4, 1, 9, 3, 5), (6, 7, 6, 5, 6)),
        trunk_channels=11,
        shuffle_groups=1,
        zero_in_maximum=True,
    ),
    "nano_b": NanoBConfig(
        backbone=BACKBONE,
        pyramid_channels=21,
        pyramid_layers=1,
        attention_hidden=(3, 1, 7),
        pyramid_attention_hidden=(2, 3),
        scale_decoupling_widths=(3, 5, 2),
        injection_hidden=(7, 5, 1),
        guidance_hidden=(3, 1, 2),
        assn_width=7,
        context_widths=LEVELS,
        shuffle_groups=1,
        zero_in_maximum=True,
    ),
}
SHUFFLED_NETWORKS = {  # levels of different widths, which the groups divide
    "v1": V1Config(
        pyramid_layers=1,
        context="standard",
        upper_channels=(30, 13),
        context_widths=((4, 3, 6, 2, 2), (1, 9, 4, 3, 5), (2, 1, 3, 1, 3)),
    ),
    "v2_ultra": V2UltraConfig(
        pyramid_layers=1,
        pyramid_channels=20,
        context_widths=((4, 8, 4, 4, 12), (8, 4, 8, 4, 4), (12, 4, 4, 4, 4)),
    ),
    "v2_ultra without a trunk": V2UltraConfig(
        pyramid_layers=1,
        pyramid_channels=20,
        trunk_channels=0,
        context_widths=((4, 8, 4, 4, 12), (8, 4, 4, 4, 4), (12, 4, 12, 4, 12)),
    ),
    "nano_b": NanoBConfig(
        pyramid_layers=1,
        pyramid_channels=21,
        share_pyramid=False,
        context_widths=((1, 3, 9, 2, 6), (1, 1, 9, 1, 1), (3, 1, 5, 4, 8)),
    ),
}
