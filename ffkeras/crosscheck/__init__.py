"""Does a .tflite file give the same answer on every runtime? Takes a file and images, gives a report with limits.

Each runtime runs in a process of its own (`worker`), on exactly the inputs that the detector makes; the raw outputs
come back and become faces through the detector's own code (`replay`).
"""
