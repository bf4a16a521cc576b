"""A converted file as source for firmware: as C++ for TFLite Micro, with all that a program must know; as plain C in
`c_network`, whose hand-written parts lie in `c99`.
"""

from ffkeras.firmware.arena import recommended_arena, require_tflite_micro, smallest_arena, tflite_micro_is_installed
from ffkeras.firmware.c_array import model_identifier, write_c_array
from ffkeras.firmware.model_info import ModelInfo, read_model_info

__all__ = [
    "ModelInfo",
    "model_identifier",
    "read_model_info",
    "recommended_arena",
    "require_tflite_micro",
    "smallest_arena",
    "tflite_micro_is_installed",
    "write_c_array",
]
