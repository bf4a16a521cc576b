"""Int8 quantization-aware training (Jacob et al. 2018) with tfmot: networks that compute as int8 kernels do.

A network is laid open as the operations that its .tflite file will have (`operations`), BatchNorm folded; each
tensor gets one of the scales that TFLite allows it (`scales`); weights and tensors pass tfmot's quantizers
(`quantizers`, `network`). A quantised run folder holds the configuration and these weights (`saving`).
"""
