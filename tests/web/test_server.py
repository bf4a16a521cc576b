import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from ffkeras.errors import UserError
from ffkeras.web import server
from ffkeras.web.server import make_server
from tests.web.places import DEMO, ROOT

TOOL = ROOT / "tools" / "serve_web.py"
TYPES = {
    "": "text/html; charset=utf-8",
    "app/main.js": "text/javascript",
    "style.css": "text/css",
    "models/index.json": "application/json",
    "models/nano_b_fast_320_web.tflite": "application/octet-stream",
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


def ask(address, request):
    """The whole answer to the bytes of a request."""
    host, port = re.fullmatch(r"http://([\d.]+):(\d+)/", address).groups()
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def get(address, path):
    answer = ask(address, b"GET " + path + b" HTTP/1.0\r\n\r\n")
    return int(answer.split()[1]), answer


@pytest.fixture(scope="module")
def secret(tmp_path_factory, serve):
    """The address of a page beside a secret, with links to it, a folder without a page, and hidden files."""
    root = tmp_path_factory.mktemp("secret")
    (root / "secret.txt").write_text("secret")
    folder = root / "demo"
    (folder / "empty").mkdir(parents=True)
    (folder / "index.html").write_text("page")
    (folder / ".hidden").write_text("secret")
    (folder / "inside.txt").symlink_to("index.html")
    (folder / "outside.txt").symlink_to(root / "secret.txt")
    (folder / "up").symlink_to(root)
    (folder / "ring").symlink_to("ring")
    return serve(folder)


@pytest.mark.parametrize(
    "path",
    [
        *(
            b"/%00",
            b"/index.html%00",
            b"/a%00b/",
            b"/%ff%fe",
            b"/../secret.txt",
            b"/%2e%2e/secret.txt",
            b"/..%2fsecret.txt",
        ),
        *(
            b"/empty/",
            b"/empty",
            b"/outside.txt",
            b"/up/secret.txt",
            b"/up/",
            b"/ring",
            b"/.hidden",
            b"/..\\secret.txt",
        ),
        *(b"/" + b"x" * 300, b"/" + b"a/" * 5000, b"//etc/passwd", b"/C:/Windows", b"*", b"http://other/secret.txt"),
    ],
)
def test_nothing_outside_no_listing_and_no_odd_name_is_given(secret, path, capfd):
    code, answer = get(secret, path)
    assert code == 404
    assert b"secret" not in answer.split(b"\r\n\r\n", 1)[1]
    assert capfd.readouterr().err == ""


def test_what_lies_inside_is_given(secret):
    for path in (b"/", b"/index.html", b"/index.html?x=%00", b"/inside.txt", b"//index.html"):
        code, answer = get(secret, path)
        assert (code, answer[-4:]) == (200, b"page")


@pytest.mark.parametrize("path", [b"/", b"/gone"])
def test_every_answer_carries_the_headers_that_bind_the_browser(address, path):
    headers = get(address, path)[1].split(b"\r\n\r\n")[0].decode()
    assert "X-Content-Type-Options: nosniff" in headers
    policy = re.search("Content-Security-Policy: (.*)\r", headers)[1]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe-inline" not in policy
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "Python" not in headers


def test_the_page_has_nothing_that_its_policy_forbids():
    page = (DEMO / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    for script in DEMO.rglob("*.js"):
        assert not re.search(r"\beval\(|new Function\(|setAttribute\(.style", script.read_text()), script


def test_a_connection_that_says_nothing_ends_and_too_many_are_closed(secret, monkeypatch):
    monkeypatch.setattr(server._Handler, "timeout", 1)
    monkeypatch.setattr(server, "SECONDS", 1)
    host, port = re.fullmatch(r"http://([\d.]+):(\d+)/", secret).groups()
    waiting = [socket.create_connection((host, int(port)), timeout=20) for _ in range(server.MOST_CONNECTIONS + 8)]
    try:
        for connection in waiting:
            assert connection.recv(1) == b""  # closed, at once or after its time
    finally:
        for connection in waiting:
            connection.close()
    assert get(secret, b"/")[0] == 200


def test_requests_that_are_none_are_answered_without_a_trace(secret, capfd):
    for request in (
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.0\r\n\r\n",
        bytes(range(256)),
    ):
        ask(secret, request + b"\r\n\r\n")
    ask(secret, b"GET /" + b"x" * 70000 + b" HTTP/1.0\r\n\r\n")
    assert capfd.readouterr().err == ""
    assert get(secret, b"/")[0] == 200
