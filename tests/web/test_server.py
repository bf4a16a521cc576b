import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from ffkeras.errors import UserError
from ffkeras.web.server import make_server
from tests.web.places import DEMO, ROOT

TOOL = ROOT / "tools" / "serve_web.py"
TYPES = {
    "": "text/html; charset=utf-8",
    "app/main.js": "text/javascript",
    "style.css": "text/css",
    "models/index.json": "application/json",
    "models/nano_b_320_web.tflite": "application/octet-stream",
    "vendor/litert/litert_wasm_internal.wasm.gz": "application/gzip",
}


@pytest.fixture(scope="module")
def address(serve):
    return serve(DEMO)


@pytest.mark.parametrize("path", TYPES)
def test_files_come_with_the_types_that_browsers_ask_for(address, path):
    with urllib.request.urlopen(address + path) as answer:
        assert answer.headers["Content-Type"] == TYPES[path]
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.read()


@pytest.mark.parametrize(("suffix", "kind"), [("wasm", "application/wasm"), ("mjs", "text/javascript")])
def test_modules_of_either_kind_are_known(serve, tmp_path, suffix, kind):
    (tmp_path / "index.html").write_text("")
    (tmp_path / f"module.{suffix}").write_bytes(b"")
    with urllib.request.urlopen(f"{serve(tmp_path)}module.{suffix}") as answer:
        assert answer.headers["Content-Type"] == kind


def test_a_folder_without_the_page_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no index.html"):
        make_server(tmp_path, "127.0.0.1", 0)


def test_a_port_in_use_and_one_that_does_not_exist_are_told():
    with make_server(DEMO, "127.0.0.1", 0) as server:
        for port in (server.server_port, 99999):
            with pytest.raises(UserError, match=f"cannot listen on 127.0.0.1 port {port}: .*another --port"):
                make_server(DEMO, "127.0.0.1", port)


def test_the_command_prints_its_address_needs_python_alone_and_ends_with_ctrl_c(tmp_path):
    for name in ("numpy", "cv2", "tensorflow", "ai_edge_litert"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('imported {name}')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(TOOL), "--port", "0"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    address = re.fullmatch(r"(http://127\.0\.0\.1:\d+/) \(Ctrl-C ends it\)\n", line)[1]
    with urllib.request.urlopen(address) as answer:
        assert b"<title>Face detector" in answer.read()
    server.send_signal(signal.SIGINT)
    _, errors = server.communicate(timeout=30)
    assert (server.returncode, errors) == (130, "interrupted.\n")
