"""Runs .tflite files through one runtime and keeps the raw outputs. Needs numpy and that runtime alone.

The same script runs beside the tool, inside an emulated ARM Python and on a Raspberry Pi:

    python worker.py images litert optimised model.tflite inputs.npy outputs.npz

It imports nothing of ffkeras, because a device has none of it, and each run is a process of its own, because
tflite-runtime and TensorFlow do not live in one, and because a runtime may crash. A line "<done> <all>" on standard
output follows every image.

images: INPUTS is .npy of [N, 1, height, width, 3] in the input's own type; OUTPUTS gets output_0, output_1 ... of
[N, ...] in the file's order, and the runtime's version.
tensors: as images, but of the first image alone, and OUTPUTS gets every tensor under its index.
operations: MODEL is .npz of model_0, model_1 ... (the bytes of files with one operation each), INPUTS is .npz of
0_0, 0_1, 1_0 ... (file, input); OUTPUTS gets their outputs under the same kind of name, or error_<file>.
"""

import argparse
import importlib
import importlib.metadata
import os
import warnings
from pathlib import Path

import numpy as np

MODULES = {
    "tensorflow": "tensorflow.lite.python.interpreter",
    "litert": "ai_edge_litert.interpreter",
    "tflite_runtime": "tflite_runtime.interpreter",
    "micro": "tflite_micro.python.tflite_micro.runtime",
}
PACKAGES = {
    "tensorflow": "tensorflow",
    "litert": "ai-edge-litert",
    "tflite_runtime": "tflite-runtime",
    "micro": "tflite-micro",
}
RESOLVERS = {  # kernels -> the name in OpResolverType
    "reference": "BUILTIN_REF",
    "optimised": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    "default": "AUTO",  # with XNNPACK, where the runtime was built with it
}
MICRO_ARENA = 256 << 20  # bytes for TFLite Micro; the system gives them only where they are written


class TfliteRunner:
    """TensorFlow's, LiteRT's or tflite-runtime's interpreter; `every_tensor` keeps the results of all operations."""

    def __init__(self, module, kernels: str, model: bytes, every_tensor: bool = False):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TensorFlow's own interpreter announces its retirement
            self._interpreter = module.Interpreter(
                model_content=model,
                num_threads=1,
                experimental_op_resolver_type=module.OpResolverType[RESOLVERS[kernels]],
                experimental_preserve_all_tensors=every_tensor,
            )
        self._interpreter.allocate_tensors()
        self._inputs = [details["index"] for details in self._interpreter.get_input_details()]
        self._outputs = [details["index"] for details in self._interpreter.get_output_details()]

    def run(self, inputs: list) -> list:
        """The outputs for one set of inputs, in the file's order."""
        for index, values in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, values)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]

    def tensors(self) -> dict:
        """Index -> value of every tensor that the last run left readable; see `every_tensor`."""
        found = {}
        for details in self._interpreter.get_tensor_details():
            try:
                found[str(details["index"])] = self._interpreter.get_tensor(details["index"])
            except ValueError:  # a scratch tensor, or one inside a delegate
                continue
        return found


class MicroRunner:
    """TFLite Micro's interpreter. Raises RuntimeError where it lacks an operation."""

    def __init__(self, module, model: bytes):
        self._interpreter = module.Interpreter.from_bytes(model, arena_size=MICRO_ARENA)
        schema = module.schema_fb.ModelT.InitFromObj(module.schema_fb.Model.GetRootAsModel(model, 0))
        self._output_count = len(schema.subgraphs[0].outputs)

    def run(self, inputs: list) -> list:
        """The outputs for one set of inputs, in the file's order."""
        for index, values in enumerate(inputs):
            self._interpreter.set_input(values, index)
        self._interpreter.invoke()
        return [self._interpreter.get_output(index) for index in range(self._output_count)]


def make_runner(runtime: str, kernels: str, model: bytes, every_tensor: bool = False):
    """The runner of one file."""
    module = importlib.import_module(MODULES[runtime])
    if runtime == "micro":
        return MicroRunner(module, model)
    return TfliteRunner(module, kernels, model, every_tensor)


def run_images(runner, inputs: np.ndarray) -> dict:
    """Run image by image; the result's arrays by name."""
    kept = []
    for done, values in enumerate(inputs, start=1):
        kept.append([np.array(output) for output in runner.run([np.ascontiguousarray(values)])])
        print(done, len(inputs), flush=True)
    return {f"output_{index}": np.concatenate(rows) for index, rows in enumerate(zip(*kept, strict=True))}


def run_operations(runtime: str, kernels: str, models: dict, inputs: dict) -> dict:
    """Run files of one operation each; one that fails leaves its error."""
    found = {}
    for number in range(len(models)):
        given = [inputs[name] for name in sorted(inputs, key=_order) if name.startswith(f"{number}_")]
        try:
            outputs = make_runner(runtime, kernels, models[f"model_{number}"].tobytes()).run(given)
            found.update({f"{number}_{index}": np.array(value) for index, value in enumerate(outputs)})
        except (RuntimeError, ValueError) as error:
            found[f"error_{number}"] = np.array(str(error))
        print(number + 1, len(models), flush=True)
    return found


def _order(name: str) -> list:
    return [int(part) for part in name.split("_")]


def main() -> None:
    """Read the inputs, run them one by one, write the outputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("images", "tensors", "operations"))
    parser.add_argument("runtime", choices=MODULES)
    parser.add_argument("kernels", choices=RESOLVERS, help="micro has one kind: reference")
    parser.add_argument("model")
    parser.add_argument("inputs")
    parser.add_argument("outputs")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

    if options.task == "operations":
        with np.load(options.model) as models, np.load(options.inputs) as inputs:
            found = run_operations(options.runtime, options.kernels, dict(models), dict(inputs))
    else:
        model = Path(options.model).read_bytes()
        inputs = np.load(options.inputs, mmap_mode="r")
        runner = make_runner(options.runtime, options.kernels, model, every_tensor=options.task == "tensors")
        if options.task == "images":
            found = run_images(runner, inputs)
        else:
            runner.run([np.ascontiguousarray(inputs[0])])
            found = runner.tensors()
    version = importlib.metadata.version(PACKAGES[options.runtime])
    np.savez(options.outputs, version=np.array(version), **found)


if __name__ == "__main__":
    main()
