import hashlib
import re
import shutil
import subprocess
import zipfile

import jvm
import pytest
from ai_edge_litert import schema_py_generated as schema

pytestmark = pytest.mark.device

DEMO = jvm.ROOT / "android_demo"
ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
LIBRARY = "libtensorflowlite_jni.so"
REGISTER = "tensorflow/lite/core/kernels/register.cc"  # operations and their versions, in TFLite's source


@pytest.fixture(scope="module")
def apk(tmp_path_factory):
    """The app, built in the checkout as a user would, but put elsewhere."""
    path = tmp_path_factory.mktemp("apk") / "app.apk"
    result = subprocess.run([DEMO / "build_apk.sh", path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith(f"{path}\n")
    return path


@pytest.fixture(scope="module")
def code(apk, tmp_path_factory):
    """What dexdump says of the app's code."""
    folder = tmp_path_factory.mktemp("code")
    with zipfile.ZipFile(apk) as archive:
        archive.extract("classes.dex", folder)
    return jvm.run(jvm.command("dexdump", "dexdump"), str(folder / "classes.dex"))


def build_models():
    """The files that the build takes: chosen ones, else those that gradle.properties names."""
    if (DEMO / "models").exists():
        return sorted((DEMO / "models").glob("*.tflite"))
    names = re.search(r"^ffkeras\.defaultModels=(.*)$", (DEMO / "gradle.properties").read_text(), re.M)[1].split()
    return sorted(jvm.MODELS / name for name in names)


def test_the_package_is_signed_and_is_what_the_app_says(apk, tmp_path):
    signature = jvm.run(jvm.command("apksigner", "apksigner"), "verify", "--verbose", "--print-certs", str(apk))
    assert "Verified using v2 scheme (APK Signature Scheme v2): true" in signature
    assert "CN=ffkeras demo" in signature
    badging = jvm.run(jvm.command("aapt", "aapt"), "dump", "badging", str(apk))
    assert badging.startswith("package: name='ffkeras.demo' ")
    for line in (
        "sdkVersion:'24'",
        "targetSdkVersion:'34'",
        "uses-permission: name='android.permission.CAMERA'",
        "application-label:'ffkeras faces'",
        "launchable-activity: name='ffkeras.demo.MainActivity'  label='' icon=''",
        "native-code: 'arm64-v8a' 'armeabi-v7a' 'x86' 'x86_64'",
    ):
        assert f"\n{line}\n" in badging
    assert badging.count("uses-permission") == 1
    assert "uses-feature: name='android.hardware.camera'" not in badging  # installable without one


def test_the_models_inside_are_the_released_ones(apk):
    with zipfile.ZipFile(apk) as archive:
        inside = {
            name.removeprefix("assets/models/"): hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if name.startswith("assets/")
        }
        assert archive.getinfo("resources.arsc").compress_type == zipfile.ZIP_STORED  # or Android 11 refuses it
    assert inside == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in build_models()}


def test_the_classes_that_android_starts_are_in_the_code(code):
    classes = set(re.findall(r"Class descriptor  : 'L(.*);'", code))
    layout = (DEMO / "app" / "src" / "main" / "res" / "layout" / "main.xml").read_text()
    views = re.findall(r"<(ffkeras\.[\w.]+)", layout)
    assert views
    for name in (
        "ffkeras.demo.MainActivity",
        "ffkeras.detector.FaceDetector",
        "org.tensorflow.lite.Interpreter",
        *views,
    ):
        assert name.replace(".", "/") in classes


def test_every_native_method_is_in_every_library(apk, code, tmp_path):
    wanted, owner, name = set(), None, None
    for line in code.splitlines():
        if found := re.search(r"\(in L(.*);\)$", line):
            owner = found[1]
        elif found := re.match(r" +name +: '(.*)'$", line):
            name = found[1]
        elif re.match(r" +access +: .*\bNATIVE\b", line):
            wanted.add("Java_" + f"{owner}/{name}".replace("_", "_1").replace("/", "_"))
    assert len(wanted) > 20
    with zipfile.ZipFile(apk) as archive:
        for abi in ABIS:
            library = archive.extract(f"lib/{abi}/{LIBRARY}", tmp_path)
            symbols = jvm.run(jvm.command("readelf", "binutils"), "--dyn-syms", "--wide", library)
            assert wanted <= set(re.findall(r"\b(Java_\w+)", symbols)), abi


def test_the_interpreter_inside_knows_every_operation(apk):
    (archive,) = jvm.PACKAGES.glob("tensorflow_*.orig.tar.xz")
    folder = apk.parent / "tensorflow"
    folder.mkdir()
    jvm.run("tar", "-xJf", str(archive), "-C", str(folder), "--strip-components", "1", "--wildcards", f"*/{REGISTER}")
    source = re.sub(r"/\*.*?\*/", "", (folder / REGISTER).read_text())
    known = {
        name: int(last or 1)
        for name, last in re.findall(r"AddBuiltin\(BuiltinOperator_(\w+),\s*[\w:]+\(\)(?:,\s*\d+,\s*(\d+))?\)", source)
    }
    assert known["CONV_2D"] > 1
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    for path in build_models():
        for code in schema.ModelT.InitFromPackedBuf(path.read_bytes()).operatorCodes:
            name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            assert code.version <= known.get(name, 0), f"{path.name}: {name} {code.version}"


def verify(*arguments):
    result = subprocess.run([DEMO / "verify_apk.sh", *arguments], capture_output=True, text=True, check=False)
    return result.returncode, result.stderr


def test_a_package_with_other_models_or_a_broken_signature_is_refused(apk, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    for path in build_models():
        shutil.copy(path, models)
    assert verify(apk, models) == (0, "")
    first = min(models.iterdir())
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    assert verify(apk, models) == (1, f"error: app.apk holds another {first.name}.\n")
    first.unlink()
    assert verify(apk, models) == (1, "error: app.apk holds other models.\n")
    broken = tmp_path / "broken.apk"
    data = bytearray(apk.read_bytes())
    data[data.index(b"assets/models/") + 2000] ^= 1
    broken.write_bytes(data)
    code, sentence = verify(broken, models)
    assert code == 1
    assert "error: broken.apk is not signed as Android wants it." in sentence


@pytest.mark.parametrize(
    ("missing", "package"), [("aapt", "aapt"), ("javac", "openjdk-17-jdk-headless"), ("npm", "npm")]
)
def test_a_missing_tool_is_named_with_its_package(tmp_path, missing, package):
    for name in (
        "bash",
        "dirname",
        "realpath",
        "sed",
        "javac",
        "keytool",
        "aapt",
        "zipalign",
        "apksigner",
        "npm",
        "xz",
    ):
        if name != missing:
            (tmp_path / name).symlink_to(shutil.which(name))
    result = subprocess.run(
        [shutil.which("bash"), DEMO / "build_apk.sh", tmp_path / "app.apk"],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
        check=False,
    )
    assert (result.returncode, result.stderr) == (
        1,
        f"error: {missing} is missing; install Debian's package {package}.\n",
    )
    assert not (tmp_path / "app.apk").exists()


def test_no_work_is_left_behind(apk):
    assert not list(jvm.PACKAGES.parent.glob("*.part"))
    assert [path.name for path in apk.parent.glob("app*")] == ["app.apk"]
