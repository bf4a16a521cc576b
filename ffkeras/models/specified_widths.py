"""Widths that the specification derives from others: hidden layers, and the branches of the context heads."""

INJECTION_REDUCTION = 4  # of MSE-FPN's global context
GUIDANCE_REDUCTION = 8  # of its channel guidance; with both the module is near its 4 K parameters over three levels
QUARTERS = 4  # the branches of a context head take quarters of its channels

# Which of a context head's convolutions are joined into its output, by their order in `context_widths`.
THREE_BRANCH_OUTPUTS = (0, 2, 4)  # 3x3, second of 5x5, third of 7x7
FOUR_BRANCH_OUTPUTS = (0, 1, 3, 4)  # 3x3, 5x5, third of 7x7, 1x1


def hidden_width(channels: int, reduction: int) -> int:
    """Width of a bottleneck's hidden layer, at least one."""
    return max(1, channels // reduction)


def hidden_widths(channels: tuple[int, ...], reduction: int) -> tuple[int, ...]:
    """Widths of the hidden layers of several bottlenecks."""
    return tuple(hidden_width(count, reduction) for count in channels)


def three_branch_widths(channels: int) -> tuple[int, int, int, int, int]:
    """Widths in `ffkeras.layers.SSH`: half of the channels see 3x3, a quarter 5x5, a quarter 7x7."""
    quarter = channels // QUARTERS
    return channels - 2 * quarter, quarter, quarter, quarter, quarter


def four_branch_widths(channels: int) -> tuple[int, int, int, int, int]:
    """Widths in `ffkeras.layers.SSHFourBranches`: a quarter of the channels each."""
    quarter = channels // QUARTERS
    return quarter, quarter, quarter, quarter, channels - 3 * quarter
