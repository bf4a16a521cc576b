"""The parameters that the specification grants each network and each of its parts, in its words. No TensorFlow."""

from ffkeras.models.config import NetworkConfig

# By the network, then by the attribute that holds the part.
PART_BUDGETS: dict[str, dict[str, str]] = {
    "v1": {  # the specification has totals only: these are the published weights', and CBAM's share of 502 K
        "backbone": "213,072",
        "backbone_attention": "~11.5 K",
        "pyramid": "77,916",
        "pyramid_attention": "~1.5 K",
        "context": "192,555",
        "shuffles": "0",
        "heads": "5,472",
    },
    "v2_ultra": {
        "backbone": "213,072",
        "backbone_attention": "~1.2 K",
        "pyramid": "~17-18 K",
        "pyramid_attention": "< 1.2 K",
        "innovations": "< 1 K",
        "context": "~7-12 K",
        "shuffles": "0",
        "heads": "~5-11 K",
    },
    "nano_b": {
        "backbone": "213,072 dense, ~58 K pruned",
        "scale_decoupling": "~1.5 K",
        "backbone_attention": "~1.1 K pruned",
        "pyramid": "~14.5 K laterals dense (5.3 K pruned), ~2.9 K nodes",
        "semantic": "~4 K",
        "scale_attention": "~2 K",
        "pyramid_attention": "~0.4 K",
        "context": "~12 K",
        "shuffles": "0",
        "heads": "~4.6 K",
    },
}

# In words, and as a number where it is one; V1 without attention is another network of the specification.
TOTALS: dict[str, tuple[str, int | None]] = {
    "v1": ("about 502,000", 502_000),
    "v2_ultra": ("244,483 +-1 %", 244_483),
    "nano_b": ("120,000-180,000 after pruning", None),
}
V1_WITHOUT_ATTENTION = ("489,015", 489_015)


def specified_total(config: NetworkConfig) -> tuple[str, int | None]:
    """The specification's trainable parameters for this kind of network: in words, and as a number if it is one."""
    if config.network == "v1" and config.attention == "none":
        return V1_WITHOUT_ATTENTION
    return TOTALS[config.network]
