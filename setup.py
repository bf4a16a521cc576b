"""What setup.cfg cannot say: a built package holds the released int8 files, which lie outside of it in the checkout."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

RELEASED = Path("tflite") / "models"
PATTERNS = ("*_int8.tflite", "NOTICE")  # and whose work is in their weights
INSIDE = Path("ffkeras") / "runtime" / "models"  # where ffkeras.runtime.released looks


class BuildWithModels(build_py):
    """Copies `tflite/models/*_int8.tflite` into the package; an editable installation finds them where they are."""

    def run(self):
        """Build the package, then add the files."""
        super().run()
        for source, target in self._models():
            self.mkpath(str(target.parent))
            self.copy_file(str(source), str(target), preserve_mode=False)

    def get_outputs(self, include_bytecode=True):
        """All files that `run` writes."""
        return super().get_outputs(include_bytecode) + [str(target) for _, target in self._models()]

    def get_source_files(self):
        """All files that a source distribution needs for `run`."""
        return super().get_source_files() + [str(path) for path in _released()]

    def _models(self) -> list[tuple[Path, Path]]:
        if self.editable_mode:
            return []
        return [(path, Path(self.build_lib) / INSIDE / path.name) for path in _released()]


def _released() -> list[Path]:
    return sorted(path for pattern in PATTERNS for path in RELEASED.glob(pattern))


setup(cmdclass={"build_py": BuildWithModels})
