"""The outcome of a validation: checks with limits, as a table and as a sentence."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One measured number and its limit.

    Args:
        name: what was measured, in words.
        value: what came out.
        limit: the worst that passes.
        at_least: the limit is a lower one.
    """

    name: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """Whether the value keeps the limit; a value that is not a number does not."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def demand(self) -> str:
        """The limit in words."""
        return f"{'at least' if self.at_least else 'at most'} {self.limit:.3g}"


@dataclass(frozen=True)
class ValidationReport:
    """What the validation of a converted file found.

    Args:
        checks: the measurements.
        faults: sentences about the file itself, see `graph_faults`; each fails it.
        images: how many images were compared.
        faces: how many sure faces the Keras model found in them.
    """

    checks: tuple[Check, ...]
    faults: tuple[str, ...]
    images: int
    faces: int

    @property
    def passed(self) -> bool:
        """Whether every check passed and the file has no fault."""
        return not self.faults and all(check.passed for check in self.checks)

    @property
    def failure(self) -> str:
        """What failed and by how much, as the end of a sentence."""
        failed = [f"{check.name} is {check.value:.3g}, not {check.demand}" for check in self.checks if not check.passed]
        return "; ".join([*self.faults, *failed])

    def to_text(self) -> str:
        """The table that `tools/convert_tflite.py` prints."""
        width = max(len(check.name) for check in self.checks)
        lines = [f"agreement with the Keras model on {self.images} images, {self.faces} faces"]
        for check in self.checks:
            verdict = "ok" if check.passed else "FAILED"
            lines.append(f"  {check.name:<{width}}  {check.value:10.3g}  {check.demand:<18}{verdict}")
        lines += [f"  {fault}: FAILED" for fault in self.faults]
        return "\n".join(lines)
