"""A converted file as C++ source for firmware with TFLite Micro: the model's bytes and all that a program must know."""

from ffkeras.firmware.arena import recommended_arena, smallest_arena

__all__ = ["recommended_arena", "smallest_arena"]
