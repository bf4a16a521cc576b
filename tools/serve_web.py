#!/usr/bin/env python3
"""Serve the browser demo on this machine and print its address. Needs nothing but Python.

Any web server can serve the folder web_demo/. A webcam needs https or this machine's own address.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=ROOT / "web_demo", help="the demo's folder (default: web_demo)"
    )
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="0.0.0.0 lets other machines in (default: 127.0.0.1, this machine alone)"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Serve until Ctrl-C."""
    options = parse_arguments(arguments)
    from ffkeras.web.server import make_server

    with make_server(options.folder, options.host, options.port) as server:
        print(f"http://{options.host}:{server.server_port}/ (Ctrl-C ends it)", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    cli.run(main)
