"""A converted file as dependency-free C99: its layers, their places in one arena, and its numbers.

Takes the bytes of an int8 .tflite file, gives C source that computes the same bytes as TFLite Micro's interpreter.
"""

from ffkeras.firmware.c_network.export import Exported, export_c, network_name

__all__ = ["Exported", "export_c", "network_name"]
