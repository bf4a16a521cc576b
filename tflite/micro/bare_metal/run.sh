#!/usr/bin/env bash
# Finds the faces of a photograph on an emulated board without an operating system: exports the network as C, links it
# with the photograph into a firmware, runs that under QEMU, and prints what it prints, one JSON object.
#
#   tflite/micro/bare_metal/run.sh BOARD MODEL PHOTO [FOLDER]
#
# BOARD is a name of boards.txt. MODEL is an int8 .tflite file, or a folder that `tools/export_c.py MODEL --name network
# --output FOLDER` wrote. PHOTO is any image (a .bmp is put into flash as it is). FOLDER keeps firmware.elf, firmware.map
# and output.txt (default: output/bare_metal/BOARD in the checkout); what an earlier run left there is replaced.
# In the environment, STACK_SIZE=4096 changes the bytes of the stack, CFLAGS are added, such as -DFFKERAS_PLAIN_C, and
# COUNT_INSTRUCTIONS=1 counts the instructions of each layer (instructions.h).
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../../.." && pwd)
PYTHON=$ROOT/.venv/bin/python
SECONDS_TO_RUN=300
STACK_SIZE=${STACK_SIZE:-8192}
CFLAGS=${CFLAGS:-}
TIME=() # how QEMU's clock runs
if [[ -n ${COUNT_INSTRUCTIONS:-} ]]; then
    CFLAGS+=" -DFFKERAS_AFTER_LAYER=count_layer"
    TIME=(-icount shift=0) # a nanosecond for each instruction
fi
CANDIDATE_LIMIT=1000 # anchors above the threshold, 20 bytes each; pictures of crowds have some hundreds
FACE_LIMIT=100

fail() {
    echo "error: $*" >&2
    exit 1
}

list_boards() { grep -v '^#' "$HERE/boards.txt" | cut -d ' ' -f 1 | paste -s -d ' '; }

find_board() { # sets flags and machine
    local name
    while IFS='|' read -r name _ flags machine; do
        [[ ${name// /} == "$1" ]] && machine=${machine// /} && return 0
    done < <(grep -v '^#' "$HERE/boards.txt")
    fail "$1 is not a board; choose from $(list_boards)."
}

require() { # command, package
    command -v "$1" >/dev/null || fail "$1 is missing; install Debian's package $2."
}

export_network() { # sets NETWORK
    NETWORK=$MODEL
    if [[ ! -d $MODEL ]]; then
        NETWORK=$FOLDER/network
        rm -rf "$NETWORK"
        "$PYTHON" "$ROOT/tools/export_c.py" "$MODEL" --name network --output "$NETWORK" >"$FOLDER/export.txt"
    fi
    NETWORK=$(cd "$NETWORK" && pwd)
    [[ -f $NETWORK/network.h ]] || fail "$NETWORK holds no network.h; export it with --name network."
}

store_picture() {
    "$PYTHON" "$HERE/store_picture.py" "$PHOTO" "$FOLDER/picture.bmp"
}

compile() {
    local program=$ROOT/tflite/micro/program
    rm -rf "$FOLDER/objects"
    mkdir "$FOLDER/objects"
    # shellcheck disable=SC2086 # flags are words
    (cd "$FOLDER/objects" && arm-none-eabi-gcc $flags -mthumb -std=c99 -O2 -Wall -Wextra -Werror -ffunction-sections \
        -fdata-sections $CFLAGS -DCANDIDATE_LIMIT=$CANDIDATE_LIMIT -DFACE_LIMIT=$FACE_LIMIT \
        -DPICTURE="\"$FOLDER/picture.bmp\"" -I "$NETWORK" -I "$program" -c "$HERE"/*.[cS] "$program"/*.c "$NETWORK"/*.c) &&
        arm-none-eabi-gcc $flags -mthumb -nostartfiles -Wl,--gc-sections -Wl,--defsym=STACK_SIZE="$STACK_SIZE" \
            -Wl,-Map="$FOLDER/firmware.map" -L "$HERE/boards" -T "$BOARD.ld" -T "$HERE/sections.ld" \
            "$FOLDER"/objects/*.o -lm -o "$FOLDER/firmware.elf"
}

explain_compiler() { # a region that is too small in one sentence, anything else as it is
    local region excess
    read -r region excess < <(sed -n "s/.*region \`\?'\?\([A-Z]*\)' overflowed by \([0-9]*\) bytes.*/\1 \2/p" \
        "$FOLDER/compiler.txt") || true
    [[ -n ${region:-} ]] || fail "the firmware cannot be built: $(cat "$FOLDER/compiler.txt")"
    fail "board $BOARD is too small for ${MODEL##*/} with ${PHOTO##*/}: its region $region lacks $excess bytes;" \
        "take a network of a smaller input or a smaller picture, or give the region more in boards/$BOARD.ld."
}

emulate() {
    local status=0
    timeout "$SECONDS_TO_RUN" qemu-system-arm -machine "$machine" "${TIME[@]}" -display none -monitor none -serial none \
        -chardev stdio,id=console -semihosting-config enable=on,target=native,chardev=console \
        -kernel "$FOLDER/firmware.elf" >"$FOLDER/output.txt" 2>"$FOLDER/qemu.txt" </dev/null || status=$?
    if ((status == 0)); then
        cat "$FOLDER/output.txt"
        return
    fi
    ((status != 124)) || fail "the firmware did not end within $SECONDS_TO_RUN seconds; take a network of a smaller input."
    grep '^error: ' "$FOLDER/output.txt" >&2 || fail "QEMU ended with $status: $(tail -n 1 "$FOLDER/qemu.txt")"
    exit 1
}

(($# == 3 || $# == 4)) || fail "usage: run.sh BOARD MODEL PHOTO [FOLDER]; boards: $(list_boards)."
BOARD=$1 MODEL=$2 PHOTO=$3 FOLDER=${4:-$ROOT/output/bare_metal/$1}
find_board "$BOARD"
require arm-none-eabi-gcc gcc-arm-none-eabi
require qemu-system-arm qemu-system-arm
echo '#include <math.h>' | arm-none-eabi-gcc -E - >/dev/null 2>&1 || fail "newlib is missing; install Debian's package libnewlib-arm-none-eabi."
[[ -x $PYTHON ]] || fail "$PYTHON is missing; run \`make setup\` first."
mkdir -p "$FOLDER" || fail "$FOLDER cannot be made; name another folder."
FOLDER=$(cd "$FOLDER" && pwd)
export_network
store_picture
compile 2>"$FOLDER/compiler.txt" || explain_compiler
emulate
