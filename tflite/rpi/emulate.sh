#!/usr/bin/env bash
# A Raspberry Pi's Python on an x86-64 machine, without root: Debian's arm64 Python under qemu-user, with wheels for it.
#
#   tflite/rpi/emulate.sh [--suite bookworm|trixie] [FOLDER]     (default: bookworm, output/rpi in the checkout)
#
# FOLDER gets   python3   the bare Python of that system, with pip, as a new user has it
#               python    the same with the wheels' packages; tools/validate_tflite.py finds it in output/rpi
#               wheels/   what `pip install --no-index --find-links FOLDER/wheels '.[runtime]'` needs
# A FOLDER that an earlier run made is replaced; any other that is there is left alone. Either Python has the instructions
# of a Raspberry Pi 4; QEMU_CPU=cortex-a53 is a 3 or Zero 2, cortex-a76 a 5.
#
# Everything comes from packages: apt's own mirror and its signed index of the suite, wheels_<suite>.txt with their
# sha256 by pip's own index. Debian's keys must be there (package debian-archive-keyring); DEBIAN_MIRROR names a mirror
# where apt has none. About 400 MB and a minute.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SUITE=bookworm
QEMU_SUITE=bookworm-backports
MADE=$'bytecode\npython\npython3\nqemu\nroot\nsite\nwheels' # all that this leaves in the folder
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

write_python() { # the command $1, which hands the options $2 to qemu; it may be linked to, as a virtual environment does
    cat >"$WORK/$1" <<END
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
export QEMU_CPU="\${QEMU_CPU:-cortex-a72}"
exec "\$here/qemu/qemu-aarch64" -0 "\$0" -L "\$here/root" -E PYTHONPYCACHEPREFIX="\$here/bytecode" $2 \\
    "\$here/root/usr/bin/python$PYTHON_VERSION" "\$@"
END
    chmod 755 "$WORK/$1"
}

if [[ ${1:-} == --suite ]]; then
    SUITE=${2:-}
    shift $(($# < 2 ? $# : 2))
fi
case $SUITE in
bookworm) PYTHON_VERSION=3.11 ;; # Raspberry Pi OS 12: the last one whose Python tflite-runtime has wheels for
trixie) PYTHON_VERSION=3.13 ;;   # Raspberry Pi OS 13
*) fail "the suite '$SUITE' is neither bookworm nor trixie; name one of them." ;;
esac
[[ ${1:-} != -* ]] || fail "there is no option $1; write tflite/rpi/emulate.sh [--suite bookworm|trixie] [FOLDER]."
TARGET=${1:-$ROOT/output/rpi}
while [[ $TARGET == */ ]]; do TARGET=${TARGET%/}; done
[[ $TARGET == /* || -z $TARGET ]] || TARGET=$PWD/$TARGET
[[ -n $TARGET ]] || fail "the root of the file system cannot be the folder; name a new one."
if [[ -e $TARGET || -L $TARGET ]]; then
    [[ -d $TARGET && ! -L $TARGET ]] || fail "$TARGET is not a folder; name a new one."
    contents=$(LC_ALL=C ls -A -- "$TARGET")
    [[ -z $contents || $contents == "$MADE" ]] || fail "$TARGET holds what this did not make; name a new folder."
fi

[[ $(uname -s) == Linux && $(uname -m) == x86_64 ]] || fail "this emulates ARM on x86-64 Linux; on a Raspberry Pi" \
    "itself follow tflite/rpi/README.md."
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
mkdir -p "$WORK"/apt/{state/lists/partial,cache/archives/partial} "$WORK"/{bytecode,root,qemu}
touch "$WORK/apt/status"
cat >"$WORK/apt/sources.list" <<END
deb [arch=arm64 signed-by=$KEYRING] $MIRROR $SUITE main
deb [arch=amd64 signed-by=$KEYRING] $MIRROR $QEMU_SUITE main
END
apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64,amd64 -o APT::Sandbox::User="$(id -un)"
    -o Debug::NoLocking=1 -o Dir::Etc::SourceList="$WORK/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State="$WORK/apt/state" -o Dir::State::status="$WORK/apt/status" -o Dir::Cache="$WORK/apt/cache")

echo "packages from $MIRROR"
"${apt[@]}" update || fail "the package lists of $MIRROR cannot be read; check the network and DEBIAN_MIRROR."
"${apt[@]}" install --yes --download-only --no-install-recommends \
    "python$PYTHON_VERSION-venv" python3-pip libstdc++6 zlib1g
for package in "$WORK"/apt/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$WORK/root"
done
[[ -e $WORK/root/lib ]] || ln -s usr/lib "$WORK/root/lib"
custom=$WORK/root/usr/lib/python$PYTHON_VERSION/sitecustomize.py # a link to where only the real root has a file
rm -f "$custom"
echo 'import os; del os.listxattr  # qemu-user does not look for its path below the root' >"$custom"

qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
if [[ -n $qemu && $(major_version "$qemu") -ge $OLDEST_QEMU ]]; then
    ln -s "$qemu" "$WORK/qemu/qemu-aarch64"
else
    (cd "$WORK/apt" && "${apt[@]}" download "qemu-user:amd64/$QEMU_SUITE")
    dpkg-deb --fsys-tarfile "$WORK"/apt/qemu-user_*.deb | tar -x -C "$WORK/qemu" --strip-components 3 ./usr/bin/qemu-aarch64
fi
[[ $(major_version "$WORK/qemu/qemu-aarch64") -ge $OLDEST_QEMU ]] || fail "qemu-aarch64 does not run here."
rm -r "$WORK/apt"

echo "wheels"
for_the_pi=(--quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes
    --requirement "$ROOT/tflite/rpi/wheels_$SUITE.txt" --python-version "$PYTHON_VERSION" --implementation cp)
for glibc in manylinux_2_34 manylinux_2_28 manylinux_2_27 manylinux2014; do
    for_the_pi+=(--platform "${glibc}_aarch64")
done
"$PYTHON" -m pip download "${for_the_pi[@]}" --dest "$WORK/wheels"
"$PYTHON" -m pip install "${for_the_pi[@]}" --no-index --find-links "$WORK/wheels" --target "$WORK/site" \
    --ignore-requires-python # which pip compares with its own Python here

write_python python3 ""
write_python python "-E PYTHONPATH=\"\$here/site\""
"$WORK/python" -c 'import ai_edge_litert.interpreter, platform; print(platform.machine(), "runs")' ||
    fail "the emulated Python does not run; is /tmp or $TARGET mounted noexec?"
chmod 755 "$WORK"
rm -rf "$TARGET"
mv "$WORK" "$TARGET"
echo "$TARGET/python"
