"""Executed instructions of a network on an emulated board, by the kind of layer."""

from collections.abc import Iterable
from dataclasses import dataclass

from ffkeras.errors import UserError
from ffkeras.firmware.c_network.network import Network, NumberedLayer

KINDS = ("1x1", "3x3", "larger", "depthwise", "add, subtract", "multiply", "function", "pool, mean, max", "other")
_KINDS = {
    "ADD": "add, subtract",
    "SUB": "add, subtract",
    "MUL": "multiply",
    "DEPTHWISE_CONV_2D": "depthwise",
    "AVERAGE_POOL_2D": "pool, mean, max",
    "MAX_POOL_2D": "pool, mean, max",
    "MEAN": "pool, mean, max",
    "REDUCE_MAX": "pool, mean, max",
}
WINDOWS = {1: "1x1", 3: "3x3"}
LOOKUP = "int8_lookup"


@dataclass(frozen=True)
class InstructionCount:
    """What a firmware counted in one run of the network.

    Args:
        layers: number of a layer -> instructions.
    """

    layers: dict[int, float]

    @property
    def total(self) -> float:
        """Instructions of the whole network."""
        return sum(self.layers.values())

    def by_kind(self, network: Network) -> dict[str, float]:
        """Instructions of all layers of each of KINDS."""
        counts = dict.fromkeys(KINDS, 0.0)
        for numbered in network.layers:
            counts[layer_kind(numbered)] += self.layers[numbered.number]
        return counts


def layer_kind(numbered: NumberedLayer) -> str:
    """Which of KINDS a layer is; a multiplication by a constant is a function of one value, as rectifiers are."""
    if numbered.layer.calls[0].function == LOOKUP:
        return "function"
    if numbered.kind == "CONV_2D":
        return WINDOWS.get(numbered.layer.fields["window"]["height"], "larger")
    return _KINDS.get(numbered.kind, "other")


def read_instructions(printed: dict) -> InstructionCount:
    """The counts in what a firmware of `run.sh` printed with COUNT_INSTRUCTIONS=1.

    Its clock has ticks of some dozens of instructions; a loop of a known number says of how many. Single layers are
    right within two ticks, sums as well.

    Raises:
        UserError: the clock did not tick, or layers are missing.
    """
    instructions, ticks = printed["loop"]
    if ticks <= 0 or not printed["layers"]:
        raise UserError("the board's timer does not count; this needs a QEMU with a SysTick timer (tried: 7.2).")
    return InstructionCount({layer: count * instructions / ticks for layer, count in printed["layers"]})


def instruction_lines(rows: Iterable[tuple[str, str, dict[str, float]]]) -> list[str]:
    """A Markdown table of (model, board, instructions of each kind), in millions, a line each."""
    lines = ["| " + " | ".join(("file", "board", *KINDS, "**all**")) + " |", "|---" * (len(KINDS) + 3) + "|"]
    for model, board, counts in rows:
        numbers = [f"{count / 1e6:.2f}" for count in (*counts.values(), sum(counts.values()))]
        lines.append(f"| {model} | {board} | " + " | ".join(numbers) + " |")
    return lines
