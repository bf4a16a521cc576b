"""Other people's face detectors, run as ours are: recognised by the shapes of their files, decoded as their authors do.

Takes a .tflite file without an ffkeras record; gives a detector. The files themselves are no part of this project.
"""

from ffkeras.benchmark.peers.detector import PeerDetector, Unknown, recognise

__all__ = ["PeerDetector", "Unknown", "recognise"]
