"""Runs on the emulated Raspberry Pi, with the installed package: what its reference kernels find in golden pictures.

python on_device.py OUTPUT.json IMAGES MODEL... writes {model: {image: {"input_crc32", "faces"}}}; needs no checkout.
"""

import importlib
import json
import sys
import zlib
from pathlib import Path

from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector, Interpreter
from ffkeras.runtime.interpreter import preferred_interpreter_class

output, images, *models = sys.argv[1:]
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
for model in map(Path, models):
    detector = FaceDetector(Interpreter(model, interpreter_class=ReferenceInterpreter))
    found[model.name] = {}
    for image in sorted(Path(images).iterdir()):
        faces = [face.to_json() for face in detector.detect(read_image(image))]
        found[model.name][f"images/{image.name}"] = {"input_crc32": checksums[-1], "faces": faces}
Path(output).write_text(json.dumps(found))
