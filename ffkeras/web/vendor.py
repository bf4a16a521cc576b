"""The files of LiteRT.js that the browser demo carries: fetched from npm, unpacked, and held to their checksums."""

import base64
import gzip
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import read_json, write_bytes

MANIFEST = "vendor.json"
PACKED = ".gz"  # the suffix of a file that is kept compressed; its checksum is of what is inside


def find_differences(folder: Path) -> list[str]:
    """A sentence for each file of the folder's manifest that is missing or not what the manifest says.

    Raises:
        UserError: the manifest cannot be read.
    """
    entries = read_json(folder / MANIFEST)["files"]
    return [f"{folder / name} is missing or changed" for name in entries if not _is_right(folder / name, entries[name])]


def fetch(folder: Path) -> list[Path]:
    """Fetch what is missing or changed, by npm, at the versions and checksums of the folder's manifest.

    Returns:
        The files that were written.

    Raises:
        UserError: npm is missing or fails, or it brings other bytes than the manifest says.
    """
    manifest = read_json(folder / MANIFEST)
    wanted = {name: entry for name, entry in manifest["files"].items() if not _is_right(folder / name, entry)}
    with tempfile.TemporaryDirectory() as temporary:
        for package in {entry["package"] for entry in wanted.values()}:
            _unpack(package, manifest["packages"][package], Path(temporary) / package)
        for name, entry in wanted.items():
            content = _read_member(Path(temporary) / entry["package"] / "package" / entry["member"], entry)
            if _sha256(content) != entry["sha256"]:
                raise UserError(f"{name} from {entry['package']} has another checksum than {folder / MANIFEST} says.")
            write_bytes(folder / name, gzip.compress(content, mtime=0) if name.endswith(PACKED) else content)
    return [folder / name for name in wanted]


def _is_right(path: Path, entry: dict) -> bool:
    try:
        data = path.read_bytes()
        content = gzip.decompress(data) if path.suffix == PACKED else data
    except (OSError, EOFError):  # gzip's BadGzipFile is an OSError too
        return False
    return _sha256(content) == entry["sha256"]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unpack(package: str, pinned: dict, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UserError("npm is not installed; install Node.js, or restore the files with git.")
    folder.mkdir(parents=True)
    command = [npm, "pack", f"{package}@{pinned['version']}", "--pack-destination", str(folder), "--silent"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    archives = list(folder.glob("*.tgz"))
    if result.returncode or len(archives) != 1:
        reason = " ".join(result.stderr.split()) or "it brought no archive"
        raise UserError(f"npm cannot fetch {package}@{pinned['version']} ({reason}); check the network.")
    digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if f"sha512-{digest}" != pinned["integrity"]:
        raise UserError(f"npm brought {package}@{pinned['version']} with another checksum than is pinned.")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")


def _read_member(path: Path, entry: dict) -> bytes:
    content = path.read_bytes()
    for old, new in entry.get("replaced", {}).items():
        content = content.replace(old.encode(), new.encode())
    return content
