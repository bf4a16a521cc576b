"""The learning rate and BatchNorm's statistics, step by step; without TensorFlow."""

import math
from dataclasses import dataclass

COSINE, WSD = "cosine", "wsd"
SCHEDULES = (COSINE, WSD)


@dataclass(frozen=True)
class Schedule:
    """What the learning rate is at each step, and from which step on BatchNorm uses its moving statistics.

    Args:
        kind: `cosine`, warm-up and a cosine's fall to zero (Loshchilov & Hutter 2017), or `wsd`, warm-up, stable, and
            a decay in the last part as 1 - sqrt (Haegele et al. 2024, sec. 3), which can be put off again and again.
        learning_rate: at its height.
        total_steps: of the run.
        warmup_steps: of linear rise; with `cosine` a tenth of the steps at most. With `wsd` it must not depend on the
            total, which may change.
        decay_share: 0..1, the last part of the steps, in which `wsd` decays.
        frozen_norm_share: 0..1, the last part of the steps on moving statistics.
    """

    kind: str
    learning_rate: float
    total_steps: int
    warmup_steps: int
    decay_share: float
    frozen_norm_share: float

    def rate_at(self, step: int) -> float:
        """The learning rate of step number `step`, from 0."""
        warmup = min(self.warmup_steps, self.total_steps // 10) if self.kind == COSINE else self.warmup_steps
        if step < warmup:
            return self.learning_rate * (1 + step * (1 - 1 / warmup)) / warmup
        if self.kind == COSINE:
            share = (step - warmup) / max(1, self.total_steps - warmup)
            return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
        first = self._last_steps(self.decay_share)
        share = max(0, step - first) / max(1, self.total_steps - first)
        return self.learning_rate * (1 - math.sqrt(min(share, 1.0)))

    def is_frozen_at(self, step: int) -> bool:
        """Whether step number `step`, from 0, is on BatchNorm's moving statistics."""
        return step >= self._last_steps(self.frozen_norm_share)

    @property
    def stable_steps(self) -> int:
        """The steps of `wsd` after which a longer run would do something else; 0 for `cosine`."""
        if self.kind == COSINE:
            return 0
        return min(self._last_steps(self.decay_share), self._last_steps(self.frozen_norm_share))

    def _last_steps(self, share: float) -> int:
        """The first of the last `share` of all steps, from 0."""
        return round(self.total_steps * (1 - share))
