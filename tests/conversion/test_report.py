from ffkeras.conversion.report import Check, ValidationReport

GOOD = Check("faces lost", 0, 1)
BAD = Check("mean IoU", 0.5, 0.85, at_least=True)


def test_a_failure_says_what_by_how_much():
    report = ValidationReport((GOOD, BAD), (), images=4, faces=9)
    assert not report.passed
    assert report.failure == "mean IoU is 0.5, not at least 0.85"
    assert "4 images, 9 faces" in report.to_text()
    assert report.to_text().count("FAILED") == 1


def test_a_fault_of_the_file_fails_it():
    report = ValidationReport((GOOD,), ("it has the custom operations FlexAddN",), images=1, faces=0)
    assert not report.passed
    assert report.failure == "it has the custom operations FlexAddN"


def test_no_number_is_no_pass():
    assert not Check("error", float("nan"), 1).passed
    assert not Check("overlap", float("nan"), 0.5, at_least=True).passed
    assert ValidationReport((GOOD,), (), 1, 1).passed
