"""The TFLite runtimes of this machine, each run in a process of its own. Takes a file and inputs, gives arrays.

`registry` says which there are, in which families; `worker` is the program of such a process, which needs numpy and one
runtime alone; `launch` starts it; `replay` lets the product's `FaceDetector` decode what it gave.
"""
