"""The ablation as Markdown for readers, and as CSV with one line for each run."""

import csv
import io
import math
import shlex
from collections.abc import Sequence

from ffkeras.ablation.results import Results, RowResult, mean_and_spread, value_of
from ffkeras.ablation.rows import AP, MEASURES
from ffkeras.ablation.verdict import NOT_RUN

MILLION = 1e6
MISSING = "-"
NO_INT8 = "no int8"


def to_markdown(results: Results, plot: str = "") -> str:
    """The whole document.

    Args:
        results: of all rows.
        plot: path of the plot from the document; empty for none.
    """
    lines = [
        "# Every module on trial",
        "",
        "Written by `tools/ablate.py` from `ffkeras/ablation/rows.json`, to which anybody can add a row; change "
        "neither this file nor its CSV by hand.",
        "",
        *_conditions(results),
    ]
    if plot:
        lines += ["", f"![held-out AP of every row]({plot})"]
    for family in results.families.values():
        lines += ["", f"## {family[0].row.title}", "", *_costs(family), "", *_accuracy(family, results), ""]
        lines += _verdicts(family)
    return "\n".join([*lines, "", *_legend(results)]) + "\n"


def _conditions(results: Results) -> list[str]:
    done = sum(bool(result.runs) for result in results.rows)
    if results.plan is None or not done:
        return [f"None of the {len(results.rows)} rows has been trained yet."]
    plan, seeds = results.plan, sorted({seed for result in results.rows for seed in result.runs})
    return [
        f"{done} of {len(results.rows)} rows are trained, each with {plan.images:,} images ({plan.steps:,} steps of "
        f"{plan.batch_size}), seeds {', '.join(map(str, seeds))}:",
        "",
        f"    tools/train.py --model ROW {shlex.join(plan.arguments())}",
    ]


def _costs(family: Sequence[RowResult]) -> list[str]:
    lines = ["| row | what | parameters | MACs | int8 file | int8 time | training |", "|---|---|---|---|---|---|---|"]
    for result in family:
        cost, latency = result.cost, result.latency
        size = NO_INT8 if cost.file_bytes == 0 else _text(cost.file_bytes, "{:,}")
        shown = MISSING
        if latency is not None:
            shown = f"{latency.ratio:.2f} ± {(latency.high - latency.low) / 2:.2f}"
        steps = MISSING
        if cost.steps_per_second is not None:
            steps = f"{cost.steps_per_second:.2f} steps/s ({1 / cost.step_ratio:.2f})"
        macs = MISSING if cost.macs is None else f"{cost.macs / MILLION:,.0f} M"
        parameters = _text(cost.parameters, "{:,}")
        lines.append(
            f"| `{result.row.name}` | {result.row.title} | {parameters} | {macs} | {size} | {shown} | {steps} |"
        )
    return lines


def _accuracy(family: Sequence[RowResult], results: Results) -> list[str]:
    sources = results.sources if len(results.sources) > 1 else []
    head = ["row", "seeds", AP, *sources, *MEASURES[1:]]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for result in family:
        if not result.runs:
            continue
        values = [result.values(AP), *map(result.of_source, sources), *map(result.values, MEASURES[1:])]
        cells = [f"`{result.row.name}`", str(len(result.runs)), *map(_with_spread, values)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines if len(lines) > 2 else ["No row of this family has been trained yet."]


def _verdicts(family: Sequence[RowResult]) -> list[str]:
    lines = ["| row | against | claim of the documents | measure | difference | verdict |", "|---|---|---|---|---|---|"]
    for result in family:
        row, verdict = result.row, result.verdict
        if not row.against:
            continue
        difference = MISSING if math.isnan(verdict.difference) else f"{verdict.difference:+.3f}"
        if not math.isnan(verdict.noise):
            difference += f" ± {verdict.noise:.3f}"
        claim = row.claim or "none"
        lines.append(f"| `{row.name}` | `{row.against}` | {claim} | {row.measure} | {difference} | {verdict.text} |")
    return lines


def _legend(results: Results) -> list[str]:
    height, width = results.image_size
    machine = results.machine
    measured = f" on {machine['cpu']}, {machine['runtime']}" if machine else ""
    return [
        "## How to read it",
        "",
        f"- **Costs** are of an input of {height} x {width}; file and times are of random weights. `no int8`: the "
        "network samples at computed positions, which int8 cannot hold.",
        f"- **int8 time** is invoke time on one thread, all files in turns in one run{measured}, as a share of the "
        "family's documented network (of the first row that has an int8 file, where that has none); median ± half the "
        "interquartile range of the rounds.",
        "- **training**: steps in a second of one processor's time, one batch repeated; in brackets the speed as a "
        "multiple of the documented network's, taken in turns with it.",
        f"- **{AP}**: average precision over all faces that count, the mean of the data sets, on images that "
        "training never sees; mean ± half the distance between the lowest and the highest seed. The weights of a run "
        "are those of its best epoch by this measure.",
        "- **Bands**: average precision of the faces of these heights in the network's input, over all sets. A "
        "detection that belongs to no face counts in the band of its own height.",
        "- **difference** from the row in `against`, ± the 95 % interval of the difference of two means, from the "
        "scatter of seeds pooled over all rows. *confirmed*: the interval is on the claimed side of zero and reaches "
        "the claimed size; *refuted*: the whole interval falls short of the claimed size, or of zero where no size is "
        "claimed; *within noise*: neither. Where nothing is claimed, *higher* or *lower* says what was found. One in "
        "twenty such intervals misses the truth by chance.",
    ]


def _with_spread(values: Sequence[float]) -> str:
    mean, spread = mean_and_spread(values)
    if math.isnan(mean):
        return MISSING
    return f"{mean:.3f}" if len(values) == 1 else f"{mean:.3f} ± {spread:.3f}"


def _text(value: object, form: str) -> str:
    return MISSING if value is None else form.format(value)


def to_csv(results: Results) -> str:
    """One line for each finished run, and one without a seed for each row that has none."""
    sources = results.sources
    columns = [
        *("row", "family", "against", "seed", AP),
        *(f"AP {source}" for source in sources),
        *MEASURES[1:],
        *("parameters", "macs", "file_bytes", "latency_ratio", "steps_per_second", "step_ratio"),
        *("claim", "measure", "difference", "noise", "verdict"),
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for result in results.rows:
        common = _common(result)
        for seed, run in result.runs.items():
            figures = {measure: value_of(run, measure) for measure in MEASURES}
            figures |= {f"AP {source}": run.by_source.get(source) for source in sources}
            writer.writerow({name: _number(value) for name, value in {**common, "seed": seed, **figures}.items()})
        if not result.runs:
            writer.writerow({name: _number(value) for name, value in common.items()})
    return text.getvalue()


def _common(result: RowResult) -> dict:
    """What all lines of a row share."""
    row, cost, latency, verdict = result.row, result.cost, result.latency, result.verdict
    return {
        "row": row.name,
        "family": result.root,
        "against": row.against,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "file_bytes": cost.file_bytes,
        "latency_ratio": latency and latency.ratio,
        "steps_per_second": cost.steps_per_second,
        "step_ratio": cost.step_ratio,
        "claim": row.claim,
        "measure": row.measure,
        "difference": verdict.difference,
        "noise": verdict.noise,
        "verdict": verdict.text if row.against else ("" if result.runs else NOT_RUN),
    }


def _number(value: object) -> object:
    """A cell: numbers with six digits after the point, nothing for what is not known."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return round(value, 6) if isinstance(value, float) else value
