"""Which commands of the pages are run in a workspace, made small, and where the others are tried."""

from dataclasses import dataclass, field

from tests.pages.words import Call


@dataclass(frozen=True)
class Step:
    """A command that is run.

    Args:
        start: how its words begin, without python.
        changes: option -> the value that makes it small, or None to leave it out.
    """

    start: str
    changes: dict[str, str | None] = field(default_factory=dict)


SMALL_TRAINING = {
    "--epochs": None,
    "--steps": "2",
    "--batch-size": "2",
    "--image-size": "64",
    "--validation-size": "64",
    "--threads": "1",
}
SMALL_SAMPLE = {"--train": "8", "--val": "4", "--test": "4"}

QUICK = {  # seconds; in the normal suite
    "README.md": (
        Step("ffkeras detect photo.jpg folder/ clip.mp4"),
        Step("ffkeras data check faces/"),
        Step("ffkeras evaluate --model nano_b_320 --data faces/"),
    ),
    "docs/design.md": (Step("tools/slim_tflite.py --bytes file.tflite"),),
    "docs/results.md": (Step("tools/slim_tflite.py --bytes tflite/models/"),),
    "tflite/rpi/README.md": (
        Step("tflite/rpi/demo.py photo.jpg folder/ clip.mp4"),
        Step("tflite/rpi/demo.py tests/golden/images", {"--repeat": "2"}),
    ),
}
SLOW = {  # minutes
    "docs/own-data.md": (
        Step("ffkeras data check faces/"),
        Step("ffkeras evaluate --model nano_b_320"),
        Step("tools/train.py --from tflite/models/nano_b", SMALL_TRAINING),
        Step("tools/convert_tflite.py --int8 --post-training --weights runs/own", {"--image-size": "64"}),
        Step("ffkeras evaluate --model own_320_int8.tflite"),
        Step("tools/train.py --quantize --from runs/own", SMALL_TRAINING),
        Step("tools/sample_yolo.py data/fddb", SMALL_SAMPLE),
        Step("tools/sample_yolo.py data/mafa", SMALL_SAMPLE),
    ),
    "docs/commands.md": (
        Step("tools/evaluate.py --model file.tflite"),
        Step("tools/evaluate.py --best-threshold"),
        Step("tools/convert_tflite.py --int8 --post-training --weights runs/a", {"--image-size": "64"}),
        Step("tools/slim_tflite.py file.tflite"),
        Step("tools/export_c_array.py file_int8.tflite"),
        Step("tools/export_c.py file_int8.tflite"),
        Step("tools/validate_tflite.py file.tflite"),
        Step("tools/bundle_android.py file.tflite"),
        Step("tools/make_tfrecords.py data/"),
        Step("tools/prune.py runs/a --map"),
        Step("tools/describe.py --model runs/a --simplified"),
        Step("tools/measure_hard_faces.py", {"--limit": "2"}),
        Step(
            "tools/benchmark_training.py", {"--image-size": "64", "--batch-size": "2", "--steps": "1", "--rounds": "1"}
        ),
    ),
    "docs/hard-faces.md": (Step("tools/measure_hard_faces.py", {"--limit": "2"}),),
    "docs/results.md": (
        Step("tools/evaluate.py --model tflite/models/nano_b_fast_640_int8.tflite"),
        Step("tools/describe.py --model v2_ultra"),
    ),
    "docs/scale.md": (Step("tools/make_tfrecords.py data/"), Step("tools/make_tfrecords.py --check shards/")),
    "tests/golden/README.md": (Step("tools/make_golden.py"),),
    "tflite/micro/README.md": (Step("tools/prune.py tflite/models/nano_b_dense --map"),),
    "tflite/models/nano_b_micro/README.md": (Step("tools/evaluate.py --model"),),
    "tflite/rpi/README.md": (Step("tools/validate_tflite.py tflite/models/v2_ultra_320_int8.tflite"),),
    "web_demo/README.md": (Step("tools/bundle_web.py"),),
}
ELSEWHERE = {  # how a command begins -> the test that runs the program, or what it would take
    "adb": "needs a phone",
    "android_demo/build_apk.sh": "tests/android",
    "apt": "needs root; .ci/run installs with make device-packages",
    "apt-get": "needs root; .ci/run installs with make device-packages",
    "cd": "the shell",
    "cp": "the shell",
    "ffkeras benchmark": "tests/tools/test_benchmark.py",
    "ffkeras convert": "tests/tools/test_convert_tflite.py",
    "ffkeras data": "tests/commands/test_data.py",
    "ffkeras detect rtsp://USER:PASSWORD@CAMERA/live": "tests/runtime/test_rtsp.py",
    "ffkeras detect": "tests/tools/test_detect.py",
    "ffkeras evaluate": "tests/tools/test_evaluate.py",
    "ffkeras export-c": "tests/tools/test_export_c.py",
    "ffkeras prune": "tests/tools/test_prune.py",
    "ffkeras train": "tests/tools/test_train.py",
    "ffkeras validate": "tests/tools/test_validate_tflite.py",
    "gen/": "needs a TFLite Micro tree",
    "git": "needs the network",
    "gradle": "needs Google's repository",
    "idf.py": "needs ESP-IDF and a board",
    "journalctl": "needs systemd",
    "make": "the Makefile runs these tests; .ci/run runs its targets",
    "pip": "needs the network",
    "pytest": "runs these tests",
    "python -c": "reads what the command before it wrote on a Pi",
    "python -m": "Python's own",
    "source": "the shell",
    "systemctl": "needs systemd",
    "systemd-analyze": "tests/rpi/test_service.py",
    "tflite/micro/bare_metal/run.sh": "tests/micro/test_boards.py",
    "tflite/micro/tflm/install.sh": "tests/micro",
    "tflite/rpi/demo.py rtsp://USER:PASSWORD@CAMERA/live": "tests/runtime/test_rtsp.py",
    "tflite/rpi/demo.py": "tests/rpi/test_demo.py",
    "tflite/rpi/emulate.sh": "tests/rpi/test_emulated.py",
    "tflite/rpi/install_service.sh": "tests/rpi/test_service.py",
    "tools/ablate.py": "tests/tools/test_ablate.py",
    "tools/benchmark.py": "tests/tools/test_benchmark.py",
    "tools/benchmark_training.py": "docs/commands.md's is run",
    "tools/bundle_android.py": "tests/android/test_bundle.py",
    "tools/bundle_web.py": "tests/web/test_bundle.py",
    "tools/convert_tflite.py": "tests/tools/test_convert_tflite.py",
    "tools/describe.py": "tests/tools/test_describe.py",
    "tools/detect.py": "tests/tools/test_detect.py",
    "tools/estimate_scale.py": "tests/tools",
    "tools/evaluate.py": "tests/tools/test_evaluate.py",
    "tools/export_c.py": "tests/tools/test_export_c.py",
    "tools/export_c_array.py": "tests/tools/test_export_c_array.py",
    "tools/gather_wider.py": "tests/data/test_gather.py",
    "tools/import_torch.py": "tests/tools/test_import_torch.py",
    "tools/leg.py": "tests/stablehlo/test_leg.py",
    "tools/lower_training.py": "tests/stablehlo/test_export.py",
    "tools/make_golden.py": "tests/test_golden.py",
    "tools/make_tfrecords.py": "tests/tools/test_make_tfrecords.py",
    "tools/measure_exchange.py": "tests/training/test_shared_step.py",
    "tools/measure_firmware.py": "tests/micro/test_instructions.py",
    "tools/prune.py": "tests/tools/test_prune.py",
    "tools/search_local.py": "tests/pruning/search/test_local.py",
    "tools/serve_web.py": "tests/web/test_page.py",
    "tools/train.py": "tests/tools/test_train.py",
    "tools/train_lowered.py": "tests/stablehlo/test_in_jax.py",
    "tools/validate_tflite.py": "tests/tools/test_validate_tflite.py",
    "tools/vendor_litert.py": "needs the network",
    "worker.py": "tests/test_pages_run.py",
}


def without_python(call: Call) -> str:
    """A call's words, without the Python that a script is called with."""
    words = list(call.words)
    name = words[0].rpartition("/")[2]
    if name in ("python", "python3"):
        words = ["python", *words[1:]] if words[1].startswith("-") else words[1:]
        if words[:3] == ["python", "-m", "pytest"]:
            words = words[2:]
    elif name == "pip":
        words[0] = "pip"
    return " ".join(words)


def steps_of(page: str) -> tuple[Step, ...]:
    """Every step of a page."""
    return QUICK.get(page, ()) + SLOW.get(page, ())


def verdict(page: str, call: Call) -> Step | str | None:
    """The step that runs a call, or where it is tried; None where nobody has thought of it."""
    text = without_python(call)
    for step in steps_of(page):
        if text.startswith(step.start):
            return step
    for start, where in ELSEWHERE.items():
        if text == start or text.startswith(start if start.endswith("/") else f"{start} "):
            return where
    return None


def made_small(call: Call, changes: dict[str, str | None]) -> list[str]:
    """A call's words with other values of some options."""
    words, taken = [], False
    for word in call.words:
        if word.startswith("--"):
            taken = word.partition("=")[0] in changes
        if not taken:
            words.append(word)
    for option, value in changes.items():
        words += [] if value is None else [option, value]
    return words
