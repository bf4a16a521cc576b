from ffkeras.runtimes.registry import ARM, RUNTIMES, arm_versions, find_runtimes, python_of


def test_runtimes_of_this_machine_are_found_without_being_imported():
    found = find_runtimes(None)
    assert {runtime.package for runtime in found} >= {"litert", "tensorflow"}
    assert not any(runtime.machine for runtime in found)


def test_arm_is_there_once_its_python_is(tmp_path):
    python = tmp_path / "python"
    assert not any(runtime.machine for runtime in find_runtimes(python))
    python.touch()
    emulated = [runtime for runtime in find_runtimes(python) if runtime.machine == ARM]
    assert len(emulated) == 4
    assert {python_of(runtime, python) for runtime in emulated} == {str(python)}


def test_another_wheel_or_command_for_arm_shows(tmp_path):
    python, wheel = tmp_path / "python", tmp_path / "site" / "numpy-1.26.4.dist-info"
    wheel.mkdir(parents=True)
    (wheel / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.26.4\n")
    python.write_text("#!/bin/sh\n")
    first = arm_versions(python)
    assert first[1:] == ["numpy 1.26.4"]
    python.write_text("#!/bin/bash\n")
    assert arm_versions(python) != first


def test_names_are_unique():
    names = [runtime.name for runtime in RUNTIMES]
    assert len(set(names)) == len(names)


def test_reference_kernels_are_one_exact_group_on_every_machine():
    groups = {runtime.exact_group for runtime in RUNTIMES if runtime.family == "reference"}
    assert groups == {"reference"}


def test_optimised_kernels_are_exact_on_one_machine_only():
    groups = {runtime.exact_group for runtime in RUNTIMES if runtime.family == "built-in"}
    assert len(groups) == 2
