"""What a network would cost after pruning, against budgets."""

from collections.abc import Mapping, Sequence

from ffkeras.firmware import smallest_arena
from ffkeras.firmware.c_network.estimate import PROCESSORS, estimate_instructions
from ffkeras.firmware.c_network.network import lower_network
from ffkeras.pruning.budgets import ARENA, INSTRUCTIONS, LATENCY, MACS, PARAMETERS, Budget
from ffkeras.pruning.dimensions import PruningMap
from ffkeras.pruning.fpgm import choose
from ffkeras.pruning.latency import invoke_ratio
from ffkeras.pruning.quick_file import convert_quickly
from ffkeras.pruning.removal import remove
from ffkeras.tflite_file.graph import TfliteGraph

Widths = Mapping[str, int]
Rates = Mapping[str, float]


class Measures:
    """Measures networks of given widths by what their budgets limit; nothing is measured twice.

    Args:
        pruning_map: of the dense network.
        budgets: the limits.
        align: widths are rounded up to multiples of it.

    Raises:
        UserError: int8 or TFLite Micro cannot take the network, where a budget needs its file.
    """

    def __init__(self, pruning_map: PruningMap, budgets: Sequence[Budget], align: int = 1):
        self.map, self.budgets, self.align = pruning_map, tuple(budgets), align
        self._values: dict[tuple[str, tuple], float] = {}
        self._last_file: tuple[tuple | None, bytes] = None, b""
        self._dense_files: dict[tuple[int, int], bytes] = {}

    def widths(self, rates: Rates) -> dict[str, int]:
        """Units kept by dimension."""
        return self.map.widths(rates, self.align)

    def parameters(self, rates: Rates) -> int:
        """Trainable parameters of the network that these rates leave."""
        return self.map.parameters(self.widths(rates))

    def macs(self, rates: Rates, image_size: tuple[int, int]) -> int:
        """Multiply-accumulates for one image of the network that these rates leave."""
        return self.map.macs(self.widths(rates), image_size)

    def value(self, budget: Budget, rates: Rates) -> float:
        """What the budget limits, of the network that these rates leave, in the unit of the quantity."""
        widths = self.widths(rates)
        key = budget.text, tuple(sorted(widths.items()))
        if key not in self._values:
            self._values[key] = self._measure(budget, widths)
        return self._values[key]

    def dense(self, budget: Budget) -> float:
        """What the budget limits, of the dense network; 1 for time, which is counted against it."""
        return 1.0 if budget.quantity == LATENCY else self.value(budget, {})

    def limit(self, budget: Budget) -> float:
        """The limit in the unit of the quantity."""
        return budget.limit * self.dense(budget) if budget.relative else budget.limit

    def excess(self, budget: Budget, rates: Rates) -> float:
        """How far the value lies over the limit, as a share of the limit; 0 within it."""
        return max(0.0, self.value(budget, rates) / self.limit(budget) - 1.0)

    def total_excess(self, rates: Rates) -> float:
        """The sum of all excesses. Budgets that need a converted file are asked only if the cheap ones hold."""
        cheap = sum(self.excess(budget, rates) for budget in self.budgets if budget.cheap)
        return cheap or sum(self.excess(budget, rates) for budget in self.budgets if not budget.cheap)

    def hold(self, rates: Rates, cheap_only: bool = False) -> bool:
        """Whether all budgets hold, or all that are counted from widths."""
        budgets = [budget for budget in self.budgets if budget.cheap or not cheap_only]
        return all(self.excess(budget, rates) == 0 for budget in sorted(budgets, key=lambda one: not one.cheap))

    def compare(self, rates: Rates) -> dict[str, tuple[float, float, float]]:
        """By the text of each budget: the dense network's value, that at these rates, and the limit."""
        return {
            budget.text: (self.dense(budget), self.value(budget, rates), self.limit(budget)) for budget in self.budgets
        }

    def known(self, rates: Rates) -> dict[str, float]:
        """The values that have been measured for these rates, by the budget's text; cheap ones always are."""
        widths = tuple(sorted(self.widths(rates).items()))
        known = {budget.text: self.value(budget, rates) for budget in self.budgets if budget.cheap}
        return known | {text: value for (text, at), value in self._values.items() if at == widths}

    def _measure(self, budget: Budget, widths: dict[str, int]) -> float:
        if budget.quantity == PARAMETERS:
            return self.map.parameters(widths)
        if budget.quantity == MACS:
            return self.map.macs(widths, budget.image_size)
        if budget.quantity == ARENA:
            return smallest_arena(self._file(widths, budget.image_size, xnnpack_passes=False), "the pruned network")
        if budget.quantity == INSTRUCTIONS:
            file = self._file(widths, budget.image_size, xnnpack_passes=False)
            network = lower_network(TfliteGraph(file), "the pruned network")
            return estimate_instructions(network)[PROCESSORS[budget.processor]]
        pruned = self._file(widths, budget.image_size, xnnpack_passes=True)
        return invoke_ratio(pruned, self._dense_file(budget.image_size), budget.image_size)

    def _file(self, widths: dict[str, int], image_size: tuple[int, int], xnnpack_passes: bool) -> bytes:
        key = tuple(sorted(widths.items())), image_size, xnnpack_passes
        if key != self._last_file[0]:  # several budgets ask for one file in turn
            pruned = remove(self.map.model, choose(self.map, widths))
            self._last_file = key, convert_quickly(pruned, image_size, xnnpack_passes)
        return self._last_file[1]

    def _dense_file(self, image_size: tuple[int, int]) -> bytes:
        if image_size not in self._dense_files:
            self._dense_files[image_size] = convert_quickly(self.map.model, image_size, xnnpack_passes=True)
        return self._dense_files[image_size]
