"""Training. Takes a network and labelled images, gives a run folder with averaged weights, logs and a checkpoint.

Nothing is imported here, because the configuration is read without TensorFlow; import the modules by name.
"""
