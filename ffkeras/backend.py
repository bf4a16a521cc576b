"""TensorFlow and Keras 2, imported in the one way that tfmot accepts. Every TensorFlow user imports from here."""

import os

from ffkeras.quiet import quiet_stderr

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tensorflow-model-optimization knows Keras 2 only
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

with quiet_stderr():  # without a GPU, half a dozen lines come before any log level counts
    import tensorflow as tf
    import tf_keras as keras

    tf.config.list_physical_devices()

__all__ = ["keras", "tf"]
