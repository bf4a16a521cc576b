"""The runtimes that a .tflite file may meet, in families of the same arithmetic, and which of them are here."""

import contextlib
import importlib.metadata
import importlib.util
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ffkeras.runtimes.worker import MODULES, PACKAGES

REFERENCE = "reference"  # the kernels that define what an operation means; TFLite Micro has the same
BUILT_IN = "built-in"  # TFLite's optimised kernels without a delegate
XNNPACK = "XNNPACK"
EXACT_FAMILIES = (REFERENCE, BUILT_IN)  # one arithmetic, so that no bit may differ between members on one machine

THIS_MACHINE, ARM = "", "aarch64"
ARM_WHEELS = "site"  # the folder of them beside the Python that tflite/rpi/emulate.sh makes


@dataclass(frozen=True)
class Runtime:
    """One way to run a .tflite file.

    Args:
        package: a name of `worker.MODULES`.
        kernels: a name of `worker.RESOLVERS`.
        family: runtimes of one family and machine use the same arithmetic.
        label: what a reader calls it.
        machine: THIS_MACHINE, or ARM for an emulated one.
    """

    package: str
    kernels: str
    family: str
    label: str
    machine: str = THIS_MACHINE

    @property
    def name(self) -> str:
        """The label, with the machine where that is not this one."""
        return f"{self.label}, {self.machine} emulated" if self.machine else self.label

    @property
    def exact_group(self) -> str | None:
        """Runtimes of one group must agree in every bit; None for a runtime that is alone in that.

        Reference kernels agree across machines too; optimised ones are written for each.
        """
        if self.family == REFERENCE:
            return REFERENCE
        return f"{self.family} {self.machine}".strip() if self.family in EXACT_FAMILIES else None


RUNTIMES = (
    Runtime("litert", "reference", REFERENCE, "LiteRT, reference kernels"),
    Runtime("tensorflow", "reference", REFERENCE, "TensorFlow, reference kernels"),
    Runtime("tflite_runtime", "reference", REFERENCE, "tflite-runtime, reference kernels"),
    Runtime("micro", "reference", REFERENCE, "TFLite Micro"),
    Runtime("litert", "optimised", BUILT_IN, "LiteRT without XNNPACK"),
    Runtime("tensorflow", "optimised", BUILT_IN, "TensorFlow without XNNPACK"),
    Runtime("litert", "default", XNNPACK, "LiteRT with XNNPACK"),
    Runtime("tensorflow", "default", XNNPACK, "TensorFlow with XNNPACK"),
    Runtime("tflite_runtime", "default", "tflite-runtime", "tflite-runtime"),
    Runtime("tflite_runtime", "reference", REFERENCE, "tflite-runtime, reference kernels", ARM),
    Runtime("tflite_runtime", "default", "tflite-runtime", "tflite-runtime", ARM),
    Runtime("litert", "optimised", BUILT_IN, "LiteRT without XNNPACK", ARM),
    Runtime("litert", "default", XNNPACK, "LiteRT with XNNPACK", ARM),
)


def installed_versions() -> dict[str, str]:
    """Package -> version, of the runtimes that are installed here and of what computes beside them."""
    found = {"numpy": np.__version__, "opencv": cv2.__version__}
    for package, distribution in PACKAGES.items():
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(distribution)
    return found


def find_runtimes(arm_python: Path | None) -> list[Runtime]:
    """Those of RUNTIMES that are installed, the reference kernels first; nothing is imported.

    Args:
        arm_python: runs Python for aarch64, as tflite/rpi/emulate.sh makes it; None or a missing file leaves ARM out.
    """
    tops = {package: module.split(".")[0] for package, module in MODULES.items()}
    installed = {package for package, top in tops.items() if importlib.util.find_spec(top)}
    emulated = arm_python is not None and arm_python.is_file()
    return [runtime for runtime in RUNTIMES if (emulated if runtime.machine else runtime.package in installed)]


def arm_versions(arm_python: Path) -> list[str]:
    """What tells one Python for ARM from another: its command's content, and the wheels that emulate.sh put beside it.

    They are read here, because an emulated Python takes seconds to look at its own packages.
    """
    wheels = importlib.metadata.distributions(path=[str(arm_python.parent / ARM_WHEELS)])
    command = zlib.crc32(arm_python.read_bytes())
    return [f"{command:08x}", *sorted(f"{wheel.name} {wheel.version}" for wheel in wheels)]


def python_of(runtime: Runtime, arm_python: Path | None) -> str:
    """The Python that runs this runtime's worker."""
    return str(arm_python) if runtime.machine else sys.executable
