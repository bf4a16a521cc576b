"""What the figures were measured on."""

import os
import platform
from importlib import metadata
from pathlib import Path

from ffkeras.runtime.interpreter import preferred_interpreter_class

CPU_INFO = Path("/proc/cpuinfo")
_PACKAGES = {"ai_edge_litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime", "tensorflow": "tensorflow"}


def describe_machine() -> dict:
    """CPU, cores, load, and the interpreter with its version, as a JSON object."""
    module = preferred_interpreter_class().__module__.partition(".")[0]
    package = _PACKAGES[module]
    return {
        "cpu": _cpu_model(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "runtime": f"{package} {metadata.version(package)}",
        "python": platform.python_version(),
    }


def _cpu_model() -> str:
    """The processor's name; a family of the kind "arm64" where the system has no more."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text().splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
