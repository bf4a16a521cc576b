"""TensorFlow and Keras 2, imported in the one way that tfmot accepts. Every TensorFlow user imports from here."""

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tensorflow-model-optimization knows Keras 2 only
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf  # noqa: E402
import tf_keras as keras  # noqa: E402

__all__ = ["keras", "tf"]
