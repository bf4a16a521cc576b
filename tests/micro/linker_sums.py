import re
from pathlib import Path

SECTION = re.compile(r"^(\.\w+) +0x[0-9a-f]+ +0x([0-9a-f]+)", re.MULTILINE)  # what is inside one stands behind a space


def section_sizes(path):
    """Section -> bytes, as the linker's map itself sums them up: those with a name that fits into its column."""
    memory = Path(path).read_text(errors="replace").partition("Linker script and memory map")[2]
    return {name: int(size, 16) for name, size in SECTION.findall(memory)}
