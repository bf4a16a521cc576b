"""What rates would leave of a network and what that costs, before anything is trained."""

from rich.console import Console

from ffkeras.models.saving import load_run
from ffkeras.pruning.budgets import parse_budget
from ffkeras.pruning.config import UNIFORM, PruneConfig
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.dimensions import PruningMap
from ffkeras.pruning.result import cost_table
from ffkeras.pruning.search.start_points import uniform_rates
from ffkeras.pruning.search.trials import macs_size


def print_map(run: str, console: Console) -> None:
    """Print what can be pruned in a run's network. Raises UserError where it is no float run."""
    console.print(PruningMap(load_run(run)).table())


def print_preview(config: PruneConfig, console: Console) -> None:
    """Print the map with the widths that given or uniform rates leave, and their cost.

    Raises:
        UserError: no float run, or a budget that cannot be reached or measured.
    """
    pruning_map = PruningMap(load_run(config.run))
    measures = Measures(pruning_map, [parse_budget(text) for text in config.budgets], config.align)
    rates = uniform_rates(measures, config.highest_rate) if config.rates_from == UNIFORM else config.rates
    size = macs_size(measures)
    console.print(pruning_map.table(measures.widths(rates)))
    parameters = measures.parameters({}), measures.parameters(rates)
    macs = measures.macs({}, size), measures.macs(rates, size)
    console.print(cost_table(parameters, macs, size, measures.compare(rates), measures.budgets))
