"""Where in the repository things are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "web_demo"
GOLDEN = ROOT / "tests" / "golden"
RELEASED = ROOT / "tflite" / "models"
