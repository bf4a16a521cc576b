"""From a Keras network to a .tflite file. Takes a network and sample images, gives one validated file with its record.

Nothing is imported here, because tools read their arguments before TensorFlow: import the modules by name.
"""
