"""Training on a machine that has JAX but no TensorFlow. Takes run configurations, gives trained run folders.

`export` (TensorFlow) writes each train step as StableHLO text with its starting values; `train` (JAX, NumPy and OpenCV)
makes the batches and runs the steps there, several networks side by side on the same batches; `collect` (TensorFlow)
writes what came back as run folders. Nothing is imported here, because no machine has both.
"""
