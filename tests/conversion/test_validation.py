import pytest

from ffkeras.conversion import validation
from ffkeras.conversion.agreement import FaceAgreement
from ffkeras.conversion.validation import validate


def test_a_float_file_agrees_number_by_number(v2_ultra, v2_ultra_float, photos):
    report = validate(v2_ultra_float, v2_ultra, photos)
    assert report.passed, report.failure
    assert report.images == len(photos)
    assert max(check.value for check in report.checks[:3]) < validation.FLOAT_ERROR / 3


@pytest.mark.parametrize("network", ["v2_ultra", "nano_b"])
def test_an_int8_file_agrees_within_its_tolerance(network, photos, request):
    model, path = (request.getfixturevalue(name) for name in (network, f"{network}_int8"))
    report = validate(path, model, photos)
    assert report.passed, report.failure


@pytest.fixture
def other_weights(v2_ultra):
    """The network with its landmark heads negated, for one test."""
    layers = [head.convolutions[2] for head in v2_ultra.heads.heads]
    before = [layer.get_weights() for layer in layers]
    for layer, weights in zip(layers, before, strict=True):
        layer.set_weights([-weight for weight in weights])
    yield v2_ultra
    for layer, weights in zip(layers, before, strict=True):
        layer.set_weights(weights)


@pytest.mark.parametrize("file", ["v2_ultra_float", "v2_ultra_int8"])
def test_a_file_of_other_weights_fails_by_name(file, other_weights, photos, request):
    report = validate(request.getfixturevalue(file), other_weights, photos)
    assert not report.passed
    assert report.failure.startswith("landmarks, ")
    assert "bbox_regression" not in report.failure


def failed(faces):
    return [check.name for check in validation._face_checks(faces) if not check.passed]


def test_one_face_in_ten_may_be_lost():
    assert failed(FaceAgreement(sure=40, missed=4, other_sure=40, extra=4)) == []
    assert failed(FaceAgreement(sure=40, missed=5, other_sure=40, extra=4)) == ["faces lost"]
    assert failed(FaceAgreement(sure=40, missed=4, other_sure=40, extra=5)) == ["faces added"]


def test_one_face_may_be_lost_among_few():
    assert failed(FaceAgreement(sure=1, missed=1)) == []
    assert failed(FaceAgreement(sure=2, missed=2)) == ["faces lost"]


def test_means_are_judged_over_enough_faces():
    poor = {"ious": [0.6], "landmark_distances": [0.2], "score_differences": [0.3]}
    assert failed(FaceAgreement(sure=1, **poor)) == []
    several = {name: values * validation.FEWEST_FACES for name, values in poor.items()}
    assert len(failed(FaceAgreement(sure=5, **several))) == 3
