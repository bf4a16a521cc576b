import jvm
import pytest

pytestmark = pytest.mark.device


def test_the_units_of_the_library_work(classes):
    names = [path.stem for path in sorted((jvm.LIBRARY / "test").rglob("*Test.java"))]
    assert len(names) >= 7
    java = [jvm.command("java", "openjdk-17-jdk-headless"), "-cp", jvm.class_path(classes)]
    printed = jvm.run(*java, "org.junit.runner.JUnitCore", *[f"ffkeras.picture.{name}" for name in names])
    assert "\nOK (" in printed, printed
