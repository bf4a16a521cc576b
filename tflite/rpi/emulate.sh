#!/usr/bin/env bash
# A Raspberry Pi's Python on an x86-64 machine, without root: Debian's arm64 Python 3.11 under qemu-user, with
# tflite-runtime and LiteRT for aarch64. tools/validate_tflite.py finds it in output/rpi.
#
#   tflite/rpi/emulate.sh [FOLDER]     (default: output/rpi in the checkout)
#
# A FOLDER that an earlier run made is replaced; any other that is there is left alone.
# Everything comes from packages: apt's own mirror and its signed index of bookworm, wheels.txt with their sha256 by pip's
# own index. Debian's keys must be there (package debian-archive-keyring); DEBIAN_MIRROR names a mirror where apt has
# none. About 250 MB and a minute.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TARGET=${1:-$ROOT/output/rpi}
SUITE=bookworm # Raspberry Pi OS 12: the last one whose Python tflite-runtime has wheels for
PYTHON_VERSION=3.11
MADE=$'python\nqemu\nroot\nsite' # all that this leaves in the folder
OLDEST_QEMU=10 # LiteRT 2.3 stops on older ones with an illegal instruction
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
    echo "error: $*" >&2
    exit 1
}

find_mirror() { # the Debian mirror that apt itself is configured with
    apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m 1 -E '/debian/?$' || true
}

major_version() { # of a qemu binary; 0 where it does not run
    "$1" --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p;q' | grep . || echo 0
}

while [[ $TARGET == */ ]]; do TARGET=${TARGET%/}; done
[[ -n $TARGET ]] || fail "the root of the file system cannot be the folder; name a new one."
if [[ -e $TARGET || -L $TARGET ]]; then
    [[ -d $TARGET && ! -L $TARGET ]] || fail "$TARGET is not a folder; name a new one."
    contents=$(LC_ALL=C ls -A -- "$TARGET")
    [[ -z $contents || $contents == "$MADE" ]] || fail "$TARGET holds what this did not make; name a new folder."
fi

[[ $(uname -s) == Linux && $(uname -m) == x86_64 ]] || fail "this emulates ARM on x86-64 Linux; on a Raspberry Pi" \
    "run ffkeras/crosscheck/worker.py itself, as tflite/rpi/README.md shows."
for command in apt-get dpkg-deb tar; do
    command -v "$command" >/dev/null || fail "$command is missing; this needs Debian's or Ubuntu's package tools."
done
[[ -r $KEYRING ]] || fail "$KEYRING is missing; install the package debian-archive-keyring."
MIRROR=${DEBIAN_MIRROR:-$(find_mirror)}
[[ -n $MIRROR ]] || fail "apt has no Debian mirror here; set DEBIAN_MIRROR to the URL of one."
PYTHON=$ROOT/.venv/bin/python
[[ -x $PYTHON ]] || PYTHON=python3
"$PYTHON" -m pip --version >/dev/null 2>&1 || fail "pip is missing; run \`make setup\` first."

mkdir -p "$(dirname "$TARGET")"
WORK=$(mktemp -d "$TARGET.XXXXXX.part")
trap 'rm -rf "$WORK"' EXIT
mkdir -p "$WORK"/apt/{state/lists/partial,cache/archives/partial} "$WORK"/{root,qemu}
touch "$WORK/apt/status"
cat >"$WORK/apt/sources.list" <<END
deb [arch=arm64 signed-by=$KEYRING] $MIRROR $SUITE main
deb [arch=amd64 signed-by=$KEYRING] $MIRROR $SUITE-backports main
END
apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64,amd64 -o APT::Sandbox::User="$(id -un)"
    -o Debug::NoLocking=1 -o Dir::Etc::SourceList="$WORK/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State="$WORK/apt/state" -o Dir::State::status="$WORK/apt/status" -o Dir::Cache="$WORK/apt/cache")

echo "packages from $MIRROR"
"${apt[@]}" update || fail "the package lists of $MIRROR cannot be read; check the network and DEBIAN_MIRROR."
"${apt[@]}" install --yes --download-only --no-install-recommends \
    "python$PYTHON_VERSION-minimal" "libpython$PYTHON_VERSION-stdlib" libstdc++6 zlib1g
for package in "$WORK"/apt/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$WORK/root"
done
[[ -e $WORK/root/lib ]] || ln -s usr/lib "$WORK/root/lib"

qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
if [[ -n $qemu && $(major_version "$qemu") -ge $OLDEST_QEMU ]]; then
    ln -s "$qemu" "$WORK/qemu/qemu-aarch64"
else
    (cd "$WORK/apt" && "${apt[@]}" download "qemu-user:amd64/$SUITE-backports")
    dpkg-deb --fsys-tarfile "$WORK"/apt/qemu-user_*.deb | tar -x -C "$WORK/qemu" --strip-components 3 ./usr/bin/qemu-aarch64
fi
[[ $(major_version "$WORK/qemu/qemu-aarch64") -ge $OLDEST_QEMU ]] || fail "qemu-aarch64 does not run here."
rm -r "$WORK/apt"

echo "wheels"
"$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
    --target "$WORK/site" --python-version "$PYTHON_VERSION" --implementation cp --platform manylinux_2_34_aarch64 \
    --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 --requirement "$ROOT/tflite/rpi/wheels.txt"

cat >"$WORK/python" <<END
#!/bin/sh
here=\$(cd "\$(dirname "\$0")" && pwd)
exec "\$here/qemu/qemu-aarch64" -L "\$here/root" -E PYTHONPATH="\$here/site" "\$here/root/usr/bin/python$PYTHON_VERSION" "\$@"
END
chmod 755 "$WORK" "$WORK/python"
"$WORK/python" -c 'import ai_edge_litert.interpreter, tflite_runtime.interpreter, platform; print(platform.machine(), "runs")' ||
    fail "the emulated Python does not run; is /tmp or $TARGET mounted noexec?"
rm -rf "$TARGET"
mv "$WORK" "$TARGET"
echo "$TARGET/python"
