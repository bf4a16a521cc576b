""".tflite files as data: their graph to read, cut and change, and their bytes. Knows no network and no interpreter.

Takes and gives the bytes of a file. Conversion, firmware, the benchmark and the cross-check stand on it. Readers that
must do with numpy alone are in `ffkeras.runtime`. Nothing is imported here; import the modules by name.
"""
