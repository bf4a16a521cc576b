"""A converted file as source for firmware: as C++ for TFLite Micro, with all that a program must know; as plain C in
`c_network`, whose hand-written parts lie in `c99`.
"""

from ffkeras.firmware.arena import recommended_arena, require_tflite_micro, smallest_arena, tflite_micro_is_installed
from ffkeras.firmware.c_array import model_identifier, write_c_array
from ffkeras.firmware.facts import Facts, read_facts

__all__ = [
    "Facts",
    "model_identifier",
    "read_facts",
    "recommended_arena",
    "require_tflite_micro",
    "smallest_arena",
    "tflite_micro_is_installed",
    "write_c_array",
]
