#!/usr/bin/env bash
# The app as an installable APK, without Gradle and without Google's SDK: from Debian's and npm's packages.
#
#   android_demo/build_apk.sh [APK]     (default: output/android/ffkeras_demo.apk in the checkout)
#
# Needs Debian 12's aapt, zipalign, apksigner and openjdk-17-jdk-headless, and npm. What no package of Debian 12 has is
# downloaded once into output/android/packages, pinned by version and sha256: android.jar of API 23 and the sources of
# TFLite's Java interface from Debian's pool, by the mirror that apt has (DEBIAN_MIRROR names one where it has none); dx
# and TFLite's native libraries from npm. The key for signing is made on the spot, and kept in output/android, so that
# the next build can be installed over this one. About a minute.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$HERE")
OUT=$ROOT/output/android
PACKAGES=$OUT/packages
APK=$(realpath -m -- "${1:-$OUT/ffkeras_demo.apk}")
KEY=$OUT/debug.keystore
KEY_PASSWORD=android # a key for trying things out, as Android Studio's own
ABIS=(arm64-v8a armeabi-v7a x86 x86_64)

ANDROID_POOL=pool/main/a/android-framework-23/libandroid-23-java_6.0.1+r72-6_all.deb
ANDROID_SHA256=8af1b6df556971dda0a6da3536ea526a838e0c363afcdd454213d8bce94793e3
TFLITE_POOL=pool/main/t/tensorflow/tensorflow_2.14.1+dfsg.orig.tar.xz
TFLITE_SHA256=9dfff0627def4e999f66a80d0fb57fd0651d12d525dcd67d6c24f1e9bca72b93
NATIVES_NPM=react-native-fast-tflite@1.4.0 # the last one that carries TFLite with its Java interface
NATIVES_SHA256=101ea34de5548cbc58a17b0704e33861e31265d64386d2938d8d8987f112533e
DX_NPM=@mishguru/jadx-node@3.1.0
DX_SHA256=1521a7a2d64f399cd5a3926a2ae363e4cdc5a81619fbe94a3f3f5c7d3c0263c7

fail() {
    echo "error: $*" >&2
    exit 1
}

setting() { # a value of gradle.properties, which Gradle's build reads too
    sed -n "s/^ffkeras\.$1=//p" "$HERE/gradle.properties"
}

check_tools() {
    local pair
    for pair in javac:openjdk-17-jdk-headless keytool:openjdk-17-jdk-headless aapt:aapt zipalign:zipalign \
        apksigner:apksigner npm:npm dpkg-deb:dpkg xz:xz-utils unzip:unzip; do
        command -v "${pair%%:*}" >/dev/null || fail "${pair%%:*} is missing; install Debian's package ${pair##*:}."
    done
    [[ -x /usr/lib/apt/apt-helper ]] || fail "apt-helper is missing; this needs Debian's or Ubuntu's apt."
}

is_there() { # a package that was downloaded before, whole
    [[ -f $1 ]] && echo "$2  $1" | sha256sum --check --status
}

fetch_debian() { # a file of Debian's pool
    local file=$PACKAGES/${1##*/} mirror
    is_there "$file" "$2" && return
    mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m 1 -E '/debian/?$' || true)}
    [[ -n $mirror ]] || fail "apt has no Debian mirror here; set DEBIAN_MIRROR to the URL of one."
    /usr/lib/apt/apt-helper -qq -o APT::Sandbox::User="$(id -un)" \
        download-file "${mirror%/}/$1" "$file" "SHA256:$2" || fail "${1##*/} cannot be had from $mirror; check the network."
}

fetch_npm() { # a package of npm, by the name that `npm pack` gives its file
    local name=${1#@} file
    file=$PACKAGES/$(sed 's/[/@]/-/g' <<<"$name").tgz
    is_there "$file" "$2" && return
    (cd "$PACKAGES" && npm pack --silent "$1" >/dev/null) || fail "npm has no $1 here; check the network."
    is_there "$file" "$2" || fail "$file is not the $1 that this was made with; its sha256 differs."
}

unpack() {
    dpkg-deb --fsys-tarfile "$PACKAGES/${ANDROID_POOL##*/}" |
        tar -x -C "$WORK" --strip-components 4 ./usr/share/java/com.android.android-23.jar
    ANDROID_JAR=$WORK/com.android.android-23.jar
    tar -xJf "$PACKAGES/${TFLITE_POOL##*/}" -C "$WORK" --strip-components 1 --wildcards \
        '*/tensorflow/lite/java/src/main/java/*.java' '*/tensorflow/lite/delegates/nnapi/java/src/main/java/*.java'
    tar -xzf "$PACKAGES/react-native-fast-tflite-1.4.0.tgz" -C "$WORK" package/android/src/main/cpp/lib/tensorflow/jni
    tar -xzf "$PACKAGES/mishguru-jadx-node-3.1.0.tgz" -C "$WORK" package/resources/jadx-1.1.0/lib/dx-1.16.jar
    DX_JAR=$WORK/package/resources/jadx-1.1.0/lib/dx-1.16.jar
}

lay_out() { # assets, libraries and manifest as the package is to have them
    local model abi
    mkdir -p "$WORK/assets/models" "$WORK/apk"
    if [[ -d $HERE/models ]]; then
        cp "$HERE"/models/*.tflite "$WORK/assets/models/" || fail "$HERE/models holds no model; bundle one again."
    else
        for model in $(setting defaultModels); do
            cp "$ROOT/tflite/models/$model" "$WORK/assets/models/" || fail "$model is not in tflite/models."
        done
    fi
    for abi in "${ABIS[@]}"; do
        mkdir -p "$WORK/apk/lib/$abi"
        cp "$WORK/package/android/src/main/cpp/lib/tensorflow/jni/$abi/libtensorflowlite_jni.so" "$WORK/apk/lib/$abi/"
    done
    sed "s/<manifest /&package=\"$(setting applicationId)\" /" "$HERE/app/src/main/AndroidManifest.xml" \
        >"$WORK/AndroidManifest.xml" # Gradle wants it without
}

link_resources() {
    mkdir -p "$WORK/generated"
    aapt package -f -m -J "$WORK/generated" --custom-package ffkeras.demo -M "$WORK/AndroidManifest.xml" \
        -S "$HERE/app/src/main/res" -A "$WORK/assets" -I "$ANDROID_JAR" -0 tflite \
        --min-sdk-version "$(setting minSdk)" --target-sdk-version "$(setting targetSdk)" \
        --version-code "$(setting versionCode)" --version-name "$(setting versionName)" -F "$WORK/unaligned.apk"
}

compile() {
    mkdir -p "$WORK/classes"
    find "$WORK/tensorflow" -name '*.java' -exec \
        sed -i 's/@NonNull //g; /^import org\.checkerframework/d' {} + # for a checker that is not run here
    local java=(javac -source 8 -target 8 -bootclasspath "$ANDROID_JAR" -nowarn -Xlint:-options -encoding UTF-8 -d "$WORK/classes")
    find "$WORK/tensorflow" -name '*.java' -print0 | xargs -0 "${java[@]}" 2>"$WORK/tflite.log" ||
        { cat "$WORK/tflite.log" >&2; fail "TFLite's Java interface does not compile."; }
    find "$HERE/detector/src/main" "$HERE/app/src/main/java" "$WORK/generated" -name '*.java' -print0 |
        xargs -0 "${java[@]}" -classpath "$WORK/classes" -Xlint:all,-options,-serial,-deprecation -Werror
    java -cp "$DX_JAR" com.android.dx.command.Main --dex --min-sdk-version="$(setting minSdk)" \
        --output="$WORK/apk/classes.dex" "$WORK/classes"
}

sign() {
    (cd "$WORK/apk" && find . -type f -printf '%P\n' | sort | xargs aapt add "$WORK/unaligned.apk" >/dev/null)
    zipalign -f -p 4 "$WORK/unaligned.apk" "$WORK/signed.apk"
    if [[ ! -f $KEY ]]; then
        keytool -genkeypair -keystore "$WORK/key" -storetype PKCS12 -alias debug -keyalg RSA -keysize 2048 \
            -validity 10000 -dname "CN=ffkeras demo" -storepass "$KEY_PASSWORD" >/dev/null 2>&1
        mv "$WORK/key" "$KEY"
    fi
    apksigner sign --ks "$KEY" --ks-pass "pass:$KEY_PASSWORD" --min-sdk-version "$(setting minSdk)" "$WORK/signed.apk"
}

[[ ! -d $APK ]] || fail "$APK is a folder; name a file."
check_tools
mkdir -p "$PACKAGES" "$(dirname "$APK")"
fetch_debian "$ANDROID_POOL" "$ANDROID_SHA256"
fetch_debian "$TFLITE_POOL" "$TFLITE_SHA256"
fetch_npm "$NATIVES_NPM" "$NATIVES_SHA256"
fetch_npm "$DX_NPM" "$DX_SHA256"
WORK=$(mktemp -d "$OUT/build.XXXXXX.part")
trap 'rm -rf "$WORK"' EXIT
unpack
lay_out
link_resources
compile
sign
"$HERE/verify_apk.sh" "$WORK/signed.apk" "$WORK/assets/models"
mv "$WORK/signed.apk" "$APK.part" # whole or not at all, on another disk too
mv "$APK.part" "$APK"
echo "$APK"
