#!/usr/bin/env bash
# Builds a program of this machine from a network that was exported as C: the same C as on a board, with files for input.
#
#   tflite/micro/host/build.sh MODEL PROGRAM        then: PROGRAM picture.bmp
#
# MODEL is an int8 .tflite file, or a folder that `tools/export_c.py MODEL --name network --output FOLDER` wrote. CC is the
# compiler (default: cc), CFLAGS are added, such as -fsanitize=address,undefined.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../../.." && pwd)
PROGRAM_SOURCES=$ROOT/tflite/micro/program

fail() {
    echo "error: $*" >&2
    exit 1
}

(($# == 2)) || fail "usage: build.sh MODEL PROGRAM."
MODEL=$1 PROGRAM=$2
NETWORK=$MODEL
command -v "${CC:-cc}" >/dev/null || fail "${CC:-cc} is missing; install Debian's package gcc."
if [[ ! -d $MODEL ]]; then
    NETWORK=$(mktemp -d)
    trap 'rm -rf "$NETWORK"' EXIT
    "$ROOT/.venv/bin/python" "$ROOT/tools/export_c.py" "$MODEL" --name network --output "$NETWORK" >&2
fi
[[ -f $NETWORK/network.h ]] || fail "$NETWORK holds no network.h; export it with --name network."
# shellcheck disable=SC2086 # flags are words
"${CC:-cc}" -std=c99 -O3 -Wall -Wextra -Wpedantic -Werror ${CFLAGS:-} -I "$NETWORK" -I "$PROGRAM_SOURCES" "$HERE/main.c" \
    "$PROGRAM_SOURCES"/*.c "$NETWORK"/*.c -lm -o "$PROGRAM"
