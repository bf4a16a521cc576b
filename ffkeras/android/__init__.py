"""Released or own .tflite files into the Android app of `android_demo/`. Needs no TensorFlow."""

from ffkeras.android.bundle import MODELS_FOLDER, BundledModel, bundle_models, drop_bundle

__all__ = ["MODELS_FOLDER", "BundledModel", "bundle_models", "drop_bundle"]
