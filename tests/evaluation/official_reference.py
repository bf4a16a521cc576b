"""The official protocol written out face by face and threshold by threshold, to check the fast one against."""

import numpy as np


def overlap(a, b) -> float:
    """IoU of two (x, y, w, h) boxes that include their last pixel."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]) + 1
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / ((a[2] + 1) * (a[3] + 1) + (b[2] + 1) * (b[3] + 1) - width * height)


def walk_image(rows, boxes, keep):
    """For each detection, best first: whether it counts, and how many faces are found up to it."""
    state = [0] * len(boxes)
    counts, found = [], []
    for row in rows:
        overlaps = [overlap(row, box) for box in boxes]
        best = int(np.argmax(overlaps))
        proposal = 1
        if overlaps[best] >= 0.5:
            if not keep[best]:
                state[best], proposal = -1, -1
            elif state[best] == 0:
                state[best] = 1
        counts.append(proposal)
        found.append(state.count(1))
    return counts, found


def reference_average_precision(detections, ground_truths) -> float:
    """Average precision, for sets in which at least two scores differ and at least one face counts."""
    scores = [row[4] for name in ground_truths for row in detections.get(name, [])]
    low, high = min([1.0, *scores]), max([0.0, *scores])
    walked, faces = [], 0
    for name, (boxes, keep) in ground_truths.items():
        faces += sum(bool(flag) for flag in keep)
        rows = sorted(detections.get(name, []), key=lambda row: -row[4])
        if len(boxes) and len(rows):
            walked.append(([(row[4] - low) / (high - low) for row in rows], *walk_image(rows, boxes, keep)))

    recall, precision = [0.0], [0.0]
    for step in range(1000):
        threshold = 1 - (step + 1) / 1000
        proposals = found = 0
        for normalised, counts, finds in walked:
            reached = [index for index, score in enumerate(normalised) if score >= threshold]
            if reached:
                proposals += counts[: reached[-1] + 1].count(1)
                found += finds[reached[-1]]
        recall.append(found / faces)
        precision.append(found / proposals if proposals else 0.0)
    recall.append(1.0)
    precision.append(0.0)

    for index in range(len(precision) - 1, 0, -1):
        precision[index - 1] = max(precision[index - 1], precision[index])
    area = 0.0
    for index in range(len(recall) - 1):
        area += (recall[index + 1] - recall[index]) * precision[index + 1]
    return area
