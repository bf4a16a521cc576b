# ffkeras: `make demo` runs the main job, `make test` the tests; both set everything up in .venv first.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
OUT := output/demo

.PHONY: demo test test-slow test-devices device-packages fuzz lint setup clean

setup: $(VENV)/.installed

$(VENV)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' || \
		{ echo "error: training takes Python 3.11 or 3.12, and $(PYTHON) is another; run make PYTHON=python3.11." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[train,test]'
	touch $@

# Train a little on synthetic faces, let the network learn int8's roundings, convert it with validation, then find the
# face in a photograph with the released model.
demo: setup
	rm -rf $(OUT)
	$(RUN) tools/train.py --model v2_ultra --synthetic-count 1536 --epochs 4 --image-size 224 --validation-size 224 \
		--learning-rate 3e-3 --output $(OUT)/run
	$(RUN) tools/train.py --quantize --from $(OUT)/run --synthetic-count 512 --epochs 2 --image-size 224 \
		--validation-size 224
	$(RUN) tools/convert_tflite.py --int8 --weights $(OUT)/run --image-size 224 \
		--validation tests/data/photos --output $(OUT)/trained_224_int8.tflite
	$(RUN) tools/detect.py tests/data/photos/astronaut.jpg --output $(OUT) --json $(OUT)/faces.json
	@echo "look at $(OUT)/astronaut.jpg and $(OUT)/faces.json"

test: setup
	$(RUN) -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test-slow: setup
	$(RUN) -m pytest -m slow

# The four targets without the hardware: emulated ARM and Cortex-M, a JVM and an APK, a browser. `make device-packages`
# (Debian, as root) installs what they need.
test-devices: $(VENV)/.devices
	$(RUN) -m pytest -m device

$(VENV)/.devices: $(VENV)/.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[devices]'
	touch $@

device-packages:
	apt-get update -q
	grep -v '^#' tests/device-packages.txt | xargs apt-get install -q --yes --no-install-recommends

# Attack the readers of pictures, labels and models for so long; the same seed makes the same files.
FUZZ_SECONDS ?= 60
FUZZ_SEED ?= 0
fuzz: setup
	$(RUN) -m tests.fuzz --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED)

lint: setup
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

clean:
	rm -rf $(VENV) output
