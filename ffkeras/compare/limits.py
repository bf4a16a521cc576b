"""How far runtimes may differ, and why so far.

One operation of an int8 file differs between families by rounding alone: at most 1 LSB on the same inputs. A network of
hundreds of operations adds that up, and attention multiplies it: the released files reach 28 LSB on outputs far below
any threshold, from sound runtimes. So the raw outputs have a limit within a family, where they must be equal, and the
faces have limits across families.
"""

import math
from collections.abc import Mapping

from ffkeras.compare.moved_faces import FaceSummary
from ffkeras.compare.outputs import OperationDifference, OutputDifference

OPERATION_LSB = 1  # one operation alone, on the same inputs
FLOAT_DIFFERENCE = 2e-3  # float outputs, absolute: codes are of the order of 10; other orders of summation give 1e-5
DECODED_DIFFERENCE = 1e-5  # of float outputs that an int8 file decodes, within a family: normalised, last digits only
MEAN_SHIFT = 0.05  # boxes and landmarks, by the face's size; the released files have 0.01 to 0.03
SURE_SHARE = 0.005  # faces well above the threshold that may go or come, one in any case; 0 of 587 were seen to
AVERAGE_PRECISION = 0.002  # across families, on all of WIDER FACE validation, which is so many
VALIDATION_IMAGES = 3226  # images; on fewer, rounding moves AP by chance as 1 / sqrt(images), 0.002 to 0.004 on 400


def face_faults(faces: FaceSummary) -> list[str]:
    """Limits on faces that are broken, as ends of sentences whose subject is the runtime."""
    faults = []
    allowed = max(1.0, SURE_SHARE * faces.faces)
    if faces.sure_lost > allowed or faces.sure_added > allowed:
        faults.append(
            f"loses {faces.sure_lost} and adds {faces.sure_added} of {faces.faces} faces that are well above the "
            f"threshold, where {allowed:.0f} may"
        )
    if faces.relative_mean > MEAN_SHIFT:
        faults.append(
            f"moves boxes or landmarks by {faces.relative_mean:.1%} of the face's size on average, where "
            f"{MEAN_SHIFT:.0%} may be"
        )
    return faults


def float_faults(differences: tuple[OutputDifference, ...]) -> list[str]:
    """Limits on outputs in floating point that are broken; int8 outputs have none of their own."""
    return [
        f"differs by {entry.largest:.1e} in {entry.output}, where {FLOAT_DIFFERENCE:.0e} may be"
        for entry in differences
        if not entry.in_steps and not entry.largest <= FLOAT_DIFFERENCE
    ]


def precision_limit(images: int) -> float:
    """How far AP may differ on so many images of WIDER FACE validation."""
    return AVERAGE_PRECISION * math.sqrt(VALIDATION_IMAGES / images)


def describe_precision_limit(images: int) -> str:
    """The limit on AP across families on so many images, as a sentence that tells where it comes from."""
    sentence = f"AP may differ by {precision_limit(images):.4f} across families on {images:,} images"
    if images >= VALIDATION_IMAGES:
        return f"{sentence}."
    return f"{sentence}: {AVERAGE_PRECISION} on all {VALIDATION_IMAGES:,}, more on a sample as 1 / sqrt(images)."


def precision_faults(reference: Mapping[str, float], other: Mapping[str, float], images: int) -> list[str]:
    """Limits on average precision that are broken.

    Args:
        reference, other: "easy", "medium", "hard" -> AP on the same images.
        images: how many.
    """
    allowed = precision_limit(images)
    return [
        f"has an AP of {other[subset]:.4f} on {subset}, where the reference has {value:.4f} and {allowed:.4f} of "
        f"difference may be on {images} images"
        for subset, value in reference.items()
        if not abs(other[subset] - value) <= allowed
    ]


def operation_faults(operations: tuple[OperationDifference, ...]) -> list[str]:
    """Kinds of operations of an int8 file whose kernels differ by more than rounding."""
    return [
        f"{entry.runtime} differs by {entry.largest:.0f} LSB in {entry.operation} alone (operation {entry.first}), "
        f"where {OPERATION_LSB} may be"
        for entry in operations
        if entry.largest > OPERATION_LSB
    ]
