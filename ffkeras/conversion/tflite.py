"""From a Keras network to the bytes of a .tflite file, in float32 or in int8 throughout."""

import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.conversion.ranges import mend_ranges
from ffkeras.conversion.slim import slim
from ffkeras.conversion.xnnpack_passes import apply_xnnpack_passes
from ffkeras.errors import UserError
from ffkeras.layers.forms import EXPORT
from ffkeras.models import config_to_json
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.simplify import simplify
from ffkeras.quantization.equalization import equalize_backbone
from ffkeras.quantization.expressible import check_quantizable
from ffkeras.quantization.network import QUANTIZED_EXPORT, QuantizedFeatherFace
from ffkeras.quiet import quiet_stderr
from ffkeras.runtime.metadata import Metadata
from ffkeras.tflite_file.record import write_metadata
from ffkeras.tflite_file.summary import summarise_graph

LICENSE = "Apache-2.0"
SCORE_THRESHOLD = 0.5
CENTRED_MEAN = (128.0, 128.0, 128.0)  # with this mean the int8 input is the pixel - 128, at scale 1


def convert(
    model: FeatherFace | QuantizedFeatherFace,
    image_size: tuple[int, int],
    representative: Sequence[np.ndarray] | None = None,
    license: str = LICENSE,
    xnnpack_passes: bool = True,
    keep_names: bool = False,
    score_threshold: float = SCORE_THRESHOLD,
) -> bytes:
    """Convert a network for one input size, batch 1, with its metadata record.

    The network is simplified first; class scores are the probability of a face; each output keeps its own scale.

    Args:
        model: the network. One of quantization-aware training, as `tools/train.py --quantize` leaves it, becomes an
            int8 file with its own ranges and roundings.
        image_size: (height, width) of the input in pixels, multiples of 32.
        representative: for int8 from a float network, images as it will meet them: uint8 BGR [height, width, 3],
            letterboxed; the ranges of all activations are taken from them (post-training quantization). None for
            float32.
        license: of the weights, an SPDX identifier.
        xnnpack_passes: exchange operations for equal ones that XNNPACK runs faster; without, the file is smaller and
            has fewer multiplications, as plain kernels (TFLite Micro) want it.
        keep_names: leave out `slim`, so that tensors are named after the layers they come from.
        score_threshold: 0..1, from which score on a detector reports a face unless told otherwise.

    Returns:
        The file. Float32 input and outputs, or int8 input and outputs and no float tensor between.

    Raises:
        UserError: a network that int8 cannot express, or no representative image.
    """
    int8 = representative is not None or isinstance(model, QuantizedFeatherFace)
    if not isinstance(model, QuantizedFeatherFace):
        if int8:
            check_quantizable(model.config)
            if not len(representative):
                raise UserError("int8 conversion takes at least one calibration image; name some.")
        model = simplify(model)
        if int8:
            model = equalize_backbone(model, representative)
    data = convert_graph(model, image_size, representative)
    if xnnpack_passes:
        data = apply_xnnpack_passes(data)
    graph = summarise_graph(data)
    if int8 and model.config.mean == CENTRED_MEAN and graph.input_quantization != (1.0, 0):
        raise RuntimeError(f"the int8 input came out as {graph.input_quantization}, not as scale 1, zero point 0")
    record = Metadata(
        network=model.config.network,
        image_size=tuple(image_size),
        mean=model.config.mean,
        anchors=model.config.anchors,
        outputs=graph.outputs,
        quantization="int8" if int8 else "none",
        model=config_to_json(model.config),
        score_threshold=score_threshold,
        license=license,
    )
    data = write_metadata(data, record)
    return data if keep_names else slim(data)


def convert_graph(
    model: FeatherFace | QuantizedFeatherFace,
    image_size: tuple[int, int],
    representative: Sequence[np.ndarray] | None = None,
) -> bytes:
    """Convert a network as it is, without a record; see `convert` for the arguments."""
    with quiet_stderr(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter misses statistics that post-training quantization gives it
        if isinstance(model, QuantizedFeatherFace):
            converter = _converter(lambda image: model.detect(image, QUANTIZED_EXPORT), model, image_size)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.inference_input_type = converter.inference_output_type = tf.int8
            return converter.convert()
        flat = model.flat(image_size, batch_size=1)
        converter = _converter(lambda image: flat.run(image, EXPORT), model, image_size)
        if representative is None:
            return converter.convert()
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _calibration_batches(representative, model.config.mean)
        converter._experimental_calibrate_only = True  # the ranges need mending before they are used
        calibrated = mend_ranges(converter.convert())
        from tensorflow.lite.python.convert import mlir_quantize  # at the top it would come before the quiet import

        return bytes(mlir_quantize(calibrated, input_data_type=tf.int8, output_data_type=tf.int8))


def _converter(function: Callable, model: keras.Model, image_size: tuple[int, int]) -> tf.lite.TFLiteConverter:
    """A converter of a function of an image; the model holds its variables."""
    signature = [tf.TensorSpec((1, *image_size, 3), tf.float32, name="image")]
    forward = tf.function(function, input_signature=signature)
    return tf.lite.TFLiteConverter.from_concrete_functions([forward.get_concrete_function()], _owner(model))


def _owner(model: keras.Model) -> tf.Module:
    """A module that holds the variables; the converter saves it, and saving a Keras model takes half a minute."""
    owner = tf.Module()
    owner.held = model.variables
    return owner


def _calibration_batches(representative: Sequence[np.ndarray], mean: Sequence[float]) -> Iterator[list[np.ndarray]]:
    """Normalised batches of one. The first image is given one black and one white pixel.

    The input's scale follows from the darkest and the brightest pixel that calibration sees. Two pixels, in opposite
    corners, are no more than what a photograph holds anyway, so they leave the ranges inside the network alone.
    """
    for i, canvas in enumerate(representative):
        if i == 0:
            canvas = canvas.copy()
            canvas[0, 0], canvas[-1, -1] = 0, 255
        yield [canvas[None].astype(np.float32) - np.array(mean, np.float32)]
