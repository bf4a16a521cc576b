"""Runs on the emulated Raspberry Pi, with the installed package: what its reference kernels find in golden pictures.

python on_device.py OUTPUT.json MODEL=PICTURE,PICTURE... writes {model: {picture: {"input_crc32", "faces"}}}.
"""

import importlib
import json
import sys
import zlib
from pathlib import Path

from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector, Interpreter
from ffkeras.runtime.interpreter import preferred_interpreter_class

IMAGES = Path(__file__).resolve().parents[1] / "golden" / "images"

output, *runs = sys.argv[1:]
runtime = importlib.import_module(preferred_interpreter_class().__module__)
checksums = []


class ReferenceInterpreter(runtime.Interpreter):
    """The installed runtime with reference kernels; keeps the checksum of each input."""

    def __init__(self, **options):
        super().__init__(experimental_op_resolver_type=runtime.OpResolverType.BUILTIN_REF, **options)

    def set_tensor(self, tensor_index, value):
        checksums.append(f"{zlib.crc32(value.tobytes()):08x}")
        super().set_tensor(tensor_index, value)


found = {}
for wanted in runs:
    model, _, pictures = wanted.partition("=")
    detector = FaceDetector(Interpreter(model, interpreter_class=ReferenceInterpreter))
    results = found[Path(model).name] = {}
    for picture in pictures.split(","):
        faces = [face.to_json() for face in detector.detect(read_image(IMAGES / f"{picture}.png"))]
        results[picture] = {"input_crc32": checksums[-1], "faces": faces}
Path(output).write_text(json.dumps(found))
