"""One output of a network as the interpreter leaves it, made into numbers only where they are used."""

from dataclasses import dataclass

import numpy as np

INT8_VALUES = np.arange(-128, 128)


@dataclass(frozen=True, eq=False)
class Output:
    """An output tensor without its batch axis. A value is worth `scale * (value - zero_point)`.

    Most of the 16,800 anchors of a 640-pixel input are no face: turning all their numbers into floats takes longer
    than everything else that follows the network.

    Args:
        values: [A, C], int8 or float32.
        scale, zero_point: of int8 values; float32 values are worth what they are.
    """

    values: np.ndarray
    scale: float = 1.0
    zero_point: int = 0

    def to_float(self, rows: np.ndarray | slice = slice(None), columns: int | slice = slice(None)) -> np.ndarray:
        """The values of some rows and columns dequantised, float32."""
        chosen = self.values[rows, columns]
        return self._dequantize(chosen) if self.values.dtype == np.int8 else chosen

    def reaching(self, threshold: float, column: int) -> np.ndarray:
        """Indices of the rows whose value in `column` is worth `threshold` or more, in rising order."""
        values = self.values[:, column]
        if values.dtype != np.int8:
            return np.flatnonzero(values >= np.float32(threshold))
        first = int(np.searchsorted(self._dequantize(INT8_VALUES), np.float32(threshold)))
        if first == len(INT8_VALUES):
            return np.empty(0, np.intp)
        return np.flatnonzero(values >= np.int8(INT8_VALUES[first]))

    def _dequantize(self, values: np.ndarray) -> np.ndarray:
        numbers = values.astype(np.float32)
        numbers -= np.float32(self.zero_point)
        numbers *= np.float32(self.scale)
        return numbers
