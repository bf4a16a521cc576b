"""Where a golden set on disk and one that was made now fall apart."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from ffkeras.compare.faces import differing_faces, differing_kernels
from ffkeras.errors import UserError
from ffkeras.golden.make import INDEX, faces_of, list_files, read_index
from ffkeras.images import read_image

EXACT_FACTS = ("file", "sha256", "image_size", "score_threshold", "iou_threshold")


def find_differences(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """A sentence for each thing in `folder` that is not as in `files`; empty where they agree.

    Pictures are compared by their pixels, raw outputs of the reference kernels and inputs by their bytes, faces to the
    tolerances of `same_faces`: another processor rounds floats, and optimised kernels, in its own way.

    Args:
        folder: of the golden set on disk.
        files: as `golden.make_golden` gives them.
    """
    try:
        index = read_index(folder)
    except UserError as error:
        return [str(error)]
    there = list_files(folder)
    found = [f"{name} is missing" for name in sorted(files.keys() - there)]
    found += [f"{name} does not belong to the set" for name in sorted(there - files.keys())]
    for name in sorted(files.keys() & there - {INDEX}):
        found += _differing_file(folder / name, name, files[name])
    return found + list(_differing_index(index, json.loads(files[INDEX])))


def _differing_file(path: Path, name: str, data: bytes) -> Iterator[str]:
    if path.suffix == ".png":
        expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        try:
            image = read_image(path)
        except UserError as error:
            yield str(error)
            return
        if image.shape != expected.shape or (image != expected).any():
            yield f"{name} has other pixels"
    elif path.read_bytes() != data:
        yield f"{name} has other raw outputs"


def _differing_index(old: dict, new: dict) -> Iterator[str]:
    if old.get("images") != new["images"]:
        yield "the list of images differs"
    try:
        yield from _differing_models(old["models"], new["models"])
        yield from _differing_decoding(old["decoding"], new["decoding"])
    except (KeyError, TypeError, ValueError) as error:
        yield f"{INDEX} is not laid out as this version writes it ({type(error).__name__}: {error})"


def _differing_models(old: list[dict], new: list[dict]) -> Iterator[str]:
    if [entry["file"] for entry in old] != [entry["file"] for entry in new]:
        yield "the list of models differs"
        return
    for before, now in zip(old, new, strict=True):
        for fact in EXACT_FACTS:
            if before[fact] != now[fact]:
                yield f"{now['file']}: {fact} is {now[fact]} where the set has {before[fact]}"
        by_image = {result["image"]: result for result in before["results"]}
        for result in now["results"]:
            what = f"{now['file']} on {result['image']}"
            for reason in _differing_result(by_image[result["image"]], result, now["score_threshold"]):
                yield f"{what}: {reason}"


def _differing_result(old: dict, new: dict, threshold: float) -> Iterator[str]:
    for fact in ("input_crc32", "outputs"):
        if old[fact] != new[fact]:
            yield f"{fact} is {new[fact]} where the set has {old[fact]}"
    reason = differing_faces(faces_of(old["reference"]), faces_of(new["reference"]))
    if reason:
        yield f"reference kernels: {reason}"
    reason = differing_kernels(faces_of(old["optimized"]), faces_of(new["optimized"]), threshold)
    if reason:
        yield f"optimised kernels: {reason}"


def _differing_decoding(old: list[dict], new: list[dict]) -> Iterator[str]:
    by_outputs = {case["outputs"]: case for case in old}
    for case in new:
        before = by_outputs[case["outputs"]]
        facts = [key for key in ("model", "source_width", "source_height") if before[key] != case[key]]
        reason = ", ".join(facts) or differing_faces(faces_of(before["faces"]), faces_of(case["faces"]))
        if reason:
            yield f"{case['outputs']}: {reason}"
