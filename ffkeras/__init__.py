"""ffkeras: the FeatherFace family of ultra-light face detectors, from a training set to an int8 file on a device.

Importing this package imports neither TensorFlow nor OpenCV: each stage brings what it needs.
"""

__version__ = "0.1.0"
