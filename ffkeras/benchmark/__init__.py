"""How fast a .tflite file is and where its time goes, beside other people's files measured in the same run.

Takes .tflite files and a photograph; gives times of each stage, ratios, peak memory, a profile by operation, a plot of
accuracy against latency. Needs LiteRT's schema and rich; TensorFlow only to name the parts of a network in a profile.
"""

from ffkeras.benchmark.measure import Series, measure
from ffkeras.benchmark.subject import Subject, read_subject
from ffkeras.benchmark.summary import Figures, Spread, summarise

__all__ = ["Figures", "Series", "Spread", "Subject", "measure", "read_subject", "summarise"]
