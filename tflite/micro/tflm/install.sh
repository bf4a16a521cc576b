#!/usr/bin/env bash
# Copies the example with a model into a project, all that it needs in one folder:
#
#   tflite/micro/tflm/install.sh tree TREE MODEL       into a TFLite Micro tree: .../micro/examples/face_detection
#   tflite/micro/tflm/install.sh esp32s3 FOLDER MODEL  a new ESP-IDF project
#
# MODEL is an int8 .tflite file. A face_detection folder that is there already is replaced; a project is not.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../../.." && pwd)
PYTHON=$ROOT/.venv/bin/python

fail() {
    echo "error: $*" >&2
    exit 1
}

copy_sources() { # the folder, the file of the image provider; the rest is the same everywhere
    cp "$HERE"/{main,face_detector,detection_responder}.cc "$HERE"/{face_detector,detection_responder,image_provider}.h "$1"
    cp "$ROOT"/tflite/micro/program/json.{c,h} "$ROOT"/ffkeras/firmware/c99/faces.{c,h} "$1"
    cp "${@:2}" "$1"
    "$PYTHON" "$ROOT/tools/export_c_array.py" "$MODEL" --output "$1"
    local header
    header=$(basename "$1"/*_model.h .h)
    [[ -f $1/$header.h ]] || fail "$MODEL has neither letter nor digit in its name; rename it."
    sed "s/^#define FACE_MODEL .*/#define FACE_MODEL $header/" "$HERE/model.h" >"$1/model.h"
}

install_in_tree() {
    local examples=$FOLDER/tensorflow/lite/micro/examples
    [[ -d $examples ]] || fail "$FOLDER is not a TFLite Micro tree; clone github.com/tensorflow/tflite-micro."
    WORK=$(mktemp -d "$examples/.face_detection.XXXXXX")
    copy_sources "$WORK" "$HERE/Makefile.inc" "$HERE/image_provider_file.cc" "$ROOT"/tflite/micro/program/picture.{c,h}
    rm -rf "$examples/face_detection"
    mv "$WORK" "$examples/face_detection"
    chmod 755 "$examples/face_detection"
    echo "build it in $FOLDER: make -f tensorflow/lite/micro/tools/make/Makefile face_detection"
}

install_project() {
    [[ ! -e $FOLDER ]] || fail "$FOLDER is there already; name a new folder."
    mkdir -p "$(dirname "$FOLDER")"
    WORK=$(mktemp -d "$(dirname "$FOLDER")/.esp32s3.XXXXXX")
    cp -r "$HERE/esp32s3/." "$WORK"
    copy_sources "$WORK/main" "$HERE"/rgb565.{c,h}
    mv "$WORK" "$FOLDER"
    chmod 755 "$FOLDER"
    echo "build it in $FOLDER: idf.py set-target esp32s3 build"
}

(($# == 3)) || fail "usage: install.sh tree TREE MODEL, or install.sh esp32s3 FOLDER MODEL."
FOLDER=$2 MODEL=$3 WORK=
[[ -x $PYTHON ]] || fail "$PYTHON is missing; run \`make setup\` first."
trap '[[ -z $WORK ]] || rm -rf "$WORK"' EXIT
case $1 in
tree) install_in_tree ;;
esp32s3) install_project ;;
*) fail "$1 is neither tree nor esp32s3." ;;
esac
