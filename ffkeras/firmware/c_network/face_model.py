"""A network as the C struct FaceModel of `c99/faces.h`."""

from string import Template

from ffkeras.firmware.literals import float_literal
from ffkeras.firmware.model_info import ModelInfo, Tensor

FACE_MODEL = Template("""\
$sizes

static const FaceLevel levels[] = {
$levels
};

const FaceModel ${name}_model = {
    .input_height = $height,
    .input_width = $width,
    .mean = {$mean},
    .input = $input,
    .anchor_count = $anchor_count,
    .level_count = $level_count,
    .anchors_per_cell = $anchors_per_cell,
    .levels = levels,
    .centre_variance = $centre_variance,
    .size_variance = $size_variance,
    .class_count = $class_count,
    .classification = $classification,
    .bbox_regression = $bbox_regression,
    .landmarks = $landmarks,
    .score_threshold = $score_threshold,
    .iou_threshold = $iou_threshold,
};""")


def face_model_text(info: ModelInfo, name: str) -> str:
    """The definition of `const FaceModel <name>_model`."""
    record = info.record
    height, width = record.image_size
    anchors = record.anchors
    return FACE_MODEL.substitute(
        name=name,
        sizes="\n".join(
            f"static const float anchor_sizes_{level}[] = {{{', '.join(map(float_literal, sizes))}}};"
            for level, sizes in enumerate(anchors.sizes)
        ),
        levels="\n".join(
            f"    {{.stride = {stride}, .anchor_sizes = anchor_sizes_{level}}},"
            for level, stride in enumerate(anchors.strides)
        ),
        height=height,
        width=width,
        mean=", ".join(map(float_literal, record.mean)),
        input=_quantization(info.input),
        anchor_count=record.anchor_count,
        level_count=len(anchors.strides),
        anchors_per_cell=anchors.per_cell,
        centre_variance=float_literal(record.variances[0]),
        size_variance=float_literal(record.variances[1]),
        class_count=info.outputs["classification"].width,
        **{output: _quantization(tensor) for output, tensor in info.outputs.items()},
        score_threshold=float_literal(record.score_threshold),
        iou_threshold=float_literal(record.iou_threshold),
    )


def _quantization(tensor: Tensor) -> str:
    return f"{{.scale = {float_literal(tensor.scale)}, .zero_point = {tensor.zero_point}}}"
