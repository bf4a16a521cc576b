"""A converted file as C++ source for firmware with TFLite Micro: the model's bytes and all that a program must know."""

from ffkeras.firmware.arena import recommended_arena, require_tflite_micro, smallest_arena
from ffkeras.firmware.c_array import model_identifier, write_c_array
from ffkeras.firmware.facts import Facts, read_facts

__all__ = [
    "Facts",
    "model_identifier",
    "read_facts",
    "recommended_arena",
    "require_tflite_micro",
    "smallest_arena",
    "write_c_array",
]
