#!/usr/bin/env bash
# Looks into an APK of this app: signature, what Android reads of it, its code, its libraries and its models.
#
#   android_demo/verify_apk.sh APK MODELS     (MODELS: the folder whose models must be inside, byte for byte)
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
APK=${1:?name an APK}
MODELS=${2:?name the folder of its models}
ABIS="'arm64-v8a' 'armeabi-v7a' 'x86' 'x86_64'"

fail() {
    echo "error: ${APK##*/} $*" >&2
    exit 1
}

setting() {
    sed -n "s/^ffkeras\.$1=//p" "$HERE/gradle.properties"
}

expect() { # a line of aapt's badging
    grep -qE "^$1" <<<"$badging" || fail "lacks $1 in what aapt says of it."
}

apksigner verify --min-sdk-version "$(setting minSdk)" "$APK" || fail "is not signed as Android wants it."
zipalign -c -p 4 "$APK" || fail "is not aligned."
badging=$(aapt dump badging "$APK")
expect "package: name='$(setting applicationId)' versionCode='$(setting versionCode)' versionName='$(setting versionName)'"
expect "sdkVersion:'$(setting minSdk)'"
expect "targetSdkVersion:'$(setting targetSdk)'"
expect "launchable-activity: name='ffkeras\.demo\.MainActivity'"
expect "native-code: $ABIS"
expect "  uses-feature-not-required: name='android\.hardware\.camera'"
[[ $(grep ^uses-permission: <<<"$badging") == "uses-permission: name='android.permission.CAMERA'" ]] ||
    fail "asks for other permissions than the camera's."
inside=$(unzip -Z1 "$APK")
for entry in classes.dex resources.arsc AndroidManifest.xml; do
    grep -qx "$entry" <<<"$inside" || fail "lacks $entry."
done
[[ $(unzip -v "$APK" resources.arsc) == *" Stored "* ]] || fail "has packed resources, which Android 11 and later refuse."
expected=$(cd "$MODELS" && ls -- *.tflite)
[[ $(sed -n 's,^assets/models/,,p' <<<"$inside" | sort) == "$(sort <<<"$expected")" ]] || fail "holds other models."
while read -r model; do
    [[ $(unzip -p "$APK" "assets/models/$model" | sha256sum) == "$(sha256sum <"$MODELS/$model")" ]] ||
        fail "holds another $model."
    echo "$model  sha256 $(sha256sum <"$MODELS/$model" | cut -d ' ' -f 1)"
done <<<"$expected"
head -n 1 <<<"$badging"
grep -E '^(targetSdkVersion|uses-permission|native-code)' <<<"$badging"
