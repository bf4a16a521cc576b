from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ffkeras.benchmark import Series, measure, read_subject, summarise
from ffkeras.benchmark.stopwatch import STAGES, Stages, TimedDetector
from ffkeras.benchmark.summary import ratios, spread
from ffkeras.errors import UserError


def series(name, kind, invokes, *, int8=True, image_size=(64, 64), num_threads=1):
    subject = SimpleNamespace(name=name, path=Path(name), kind=kind, image_size=image_size, int8=int8, decodes=True)
    return Series(subject, num_threads, [1.0], [Stages(1.0, value, 2.0, 1.0) for value in invokes])


def test_spread_is_median_and_quartiles():
    found = spread([5, 1, 2, 4, 3])
    assert (found.low, found.median, found.high, found.width) == (2, 3, 4, 2)


def test_ratios_are_taken_round_by_round():
    slow_rounds = np.array([1, 10, 100])  # noise that hits both
    found = ratios(3 * slow_rounds, 2 * slow_rounds)
    assert (found.median, found.width) == (1.5, 0)


def test_the_reference_is_yunet_int8_of_the_same_size_and_threads():
    measured = [
        series("ours", "ffkeras", [8, 80]),
        series("other_threads", "YuNet", [1, 1], num_threads=2),
        series("other_size", "YuNet", [1, 1], image_size=(32, 32)),
        series("float", "YuNet", [1, 1], int8=False),
        series("yunet", "YuNet", [4, 40]),
    ]
    ours = summarise(measured)[0]
    assert (ours.reference, ours.invoke_ratio.median) == ("yunet", 2)
    assert ours.stages["total"].median == 48
    assert ours.share.median == pytest.approx((4 / 8 + 4 / 80) / 2)
    assert summarise(measured[:1])[0].invoke_ratio is None


def test_the_stages_of_a_run_add_up_and_suppression_is_seen(lamp_int8, lamp_image):
    ticks = iter(range(1000))
    detector = TimedDetector(read_subject(lamp_int8), 1, clock=lambda: next(ticks))
    assert detector.time(lamp_image) == Stages(1000, 1000, 1000, 1000)
    assert detector.time(np.zeros_like(lamp_image)).total == 4000  # nothing to suppress, but it is asked


def test_every_file_runs_in_every_round_with_every_number_of_threads(lamp_int8, lamp_float, lamp_image):
    done = []
    subjects = [read_subject(lamp_int8), read_subject(lamp_float)]
    found, complete = measure(subjects, [1, 2], lamp_image, 3, step=lambda: done.append(1))
    assert complete and len(done) == 3
    assert [(entry.subject.int8, entry.num_threads) for entry in found] == [
        (True, 1),
        (True, 2),
        (False, 1),
        (False, 2),
    ]
    for entry in found:
        assert len(entry.rounds) == len(entry.loads) == 3
        assert all(getattr(stages, stage) > 0 for stages in entry.rounds for stage in STAGES)


def test_interruption_leaves_whole_rounds(lamp_int8, lamp_image):
    def stop():
        raise KeyboardInterrupt

    found, complete = measure([read_subject(lamp_int8)], [1, 2], lamp_image, 5, step=stop)
    assert not complete
    assert [len(entry.rounds) for entry in found] == [1, 1]


def test_files_that_cannot_be_measured_are_named(tmp_path):
    (tmp_path / "no.tflite").write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match=r"no\.tflite is not a TFLite file"):
        read_subject(tmp_path / "no.tflite")
    with pytest.raises(UserError, match=r"cannot read .*absent\.tflite"):
        read_subject(tmp_path / "absent.tflite")
