"""Values and texts as C and C++ source."""

import numpy as np


def float_literal(value: float) -> str:
    """The shortest literal of the float32 that is nearest to `value`."""
    return f"{np.float32(value)!s}f"


def comment_line(text: str) -> str:
    """Text that stays inside one line of a comment, of either kind."""
    return " ".join(text.split()).replace("*/", "* /").replace("/*", "/ *").rstrip("\\")
