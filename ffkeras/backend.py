"""TensorFlow and Keras 2, imported in the one way that tfmot accepts. Every TensorFlow user imports from here."""

import os
import sys
import tempfile

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tensorflow-model-optimization knows Keras 2 only
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def _import_quietly():
    """Import TensorFlow without the half dozen lines that its C++ side prints on machines that have no GPU.

    They go to the file descriptor before any log level counts. Where the import fails, they are printed after all.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            import tensorflow
            import tf_keras

            tensorflow.config.list_physical_devices()
        except BaseException:
            said.seek(0)
            os.write(stderr, said.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
    return tensorflow, tf_keras


tf, keras = _import_quietly()

__all__ = ["keras", "tf"]
