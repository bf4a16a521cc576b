"""A Keras model as a detector, so that it is measured by the road of the deployed file."""

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.geometry import letterbox, make_anchors
from ffkeras.runtime.decode import MAX_FACES, TOP_K, decode_faces
from ffkeras.runtime.detection import Face


class KerasFaceDetector:
    """Finds faces with a model from `ffkeras.models`, at one input size, one image at a time.

    Args:
        model: gives probabilities and SSD codes when called with `training=False`.
        image_size: (height, width) of the network input in pixels, multiples of 32.
        score_threshold: faces below this probability are left out, 0..1.
        iou_threshold: a face that overlaps a better one by more than this is left out, 0..1.
        top_k: candidates that take part in suppression.
        max_faces: faces returned at most.
    """

    def __init__(
        self,
        model: keras.Model,
        image_size: tuple[int, int],
        score_threshold: float = 0.5,
        iou_threshold: float = 0.4,
        top_k: int = TOP_K,
        max_faces: int = MAX_FACES,
    ):
        self.image_size = image_size
        self._mean = np.array(model.config.mean, np.float32)
        self._anchors = make_anchors(model.config.anchors, image_size)
        self._limits = {
            "score_threshold": score_threshold,
            "iou_threshold": iou_threshold,
            "top_k": top_k,
            "max_faces": max_faces,
        }
        signature = [tf.TensorSpec((1, *image_size, 3), tf.float32)]
        self._forward = tf.function(lambda images: model(images, training=False), input_signature=signature)
        self._forward(tf.zeros((1, *image_size, 3)))  # trace now, so that the first image is as fast as the others

    def detect(self, image: np.ndarray) -> list[Face]:
        """Faces in a uint8 BGR image [H, W, 3], best first, in its pixels."""
        canvas, fitted = letterbox(image, self.image_size, self._mean)
        outputs = self._forward(tf.constant(canvas[None] - self._mean))  # each [1, A, k]
        arrays = {name: value[0].numpy() for name, value in outputs.items()}
        return decode_faces(arrays, self._anchors, self.image_size, fitted, **self._limits)
