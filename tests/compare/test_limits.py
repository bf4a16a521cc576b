import dataclasses

from ffkeras.compare import limits
from ffkeras.compare.moved_faces import FaceSummary
from ffkeras.compare.outputs import OperationDifference, OutputDifference

STILL = FaceSummary(200, 3, 2, 0, 0, 0.4, 2.0, 0.5, 2.5, 0.02)


def test_rounding_passes():
    assert limits.face_faults(STILL) == []


def test_lost_sure_faces_fail():
    (fault,) = limits.face_faults(dataclasses.replace(STILL, sure_lost=2))
    assert fault.startswith("loses 2 and adds 0 of 200 faces")


def test_moved_faces_fail():
    (fault,) = limits.face_faults(dataclasses.replace(STILL, relative_mean=0.08))
    assert "8.0% of the face's size" in fault


def test_float_outputs_have_an_absolute_limit_and_nan_fails():
    assert limits.float_faults((OutputDifference("landmarks", 5e-5, 1.0, False),)) == []
    assert limits.float_faults((OutputDifference("landmarks", 20.0, 1.0, True),)) == []
    for bad in (0.01, float("inf"), float("nan")):
        assert len(limits.float_faults((OutputDifference("landmarks", bad, 1.0, False),))) == 1


def test_precision_may_move_by_two_thousandths_on_the_whole_set_and_more_on_a_sample():
    assert limits.precision_limit(3226) == 0.002
    assert limits.precision_faults({"easy": 0.9}, {"easy": 0.9015}, 3226) == []
    assert limits.precision_faults({"easy": 0.9}, {"easy": 0.905}, 400) == []
    (fault,) = limits.precision_faults({"easy": 0.9, "hard": 0.5}, {"easy": 0.903, "hard": 0.5}, 3226)
    assert "has an AP of 0.9030 on easy, where the reference has 0.9000 and 0.0020" in fault
    assert len(limits.precision_faults({"easy": 0.9}, {"easy": float("nan")}, 40)) == 1


def test_one_operation_may_round_but_not_more():
    entry = OperationDifference("LiteRT", "MEAN", 3, 2, 1.0, 0.4, 11, 0)
    assert limits.operation_faults((entry,)) == []
    (fault,) = limits.operation_faults((dataclasses.replace(entry, largest=4.0),))
    assert "LiteRT differs by 4 LSB in MEAN alone (operation 11)" in fault
