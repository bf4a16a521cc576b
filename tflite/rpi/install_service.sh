#!/usr/bin/env bash
# Face detection at boot, as a user of its own without rights: installs /opt/ffkeras and the service ffkeras.
#
#   sudo tflite/rpi/install_service.sh               install, or bring up to date, and start
#   sudo tflite/rpi/install_service.sh --uninstall   stop, and remove all of it but /etc/default/ffkeras
#
# With DESTDIR the files go below that folder, and neither user nor service is touched. pip takes the packages of
# wheels_<suite>.txt by their sha256 and no others, as the user ffkeras, not as root; then all of it becomes root's.
set -euo pipefail
umask 022 # files for another user, whatever the administrator's own mask

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DESTDIR=${DESTDIR:-}
APPLICATION=$DESTDIR/opt/ffkeras
UNIT=$DESTDIR/etc/systemd/system/ffkeras.service
SETTINGS=$DESTDIR/etc/default/ffkeras
ACCOUNT=ffkeras

fail() {
    echo "error: $*" >&2
    exit 1
}

uninstall() {
    [[ -n $DESTDIR ]] || systemctl disable --now ffkeras.service || true
    rm -rf "$UNIT" "$APPLICATION"
    [[ -n $DESTDIR ]] && return
    systemctl daemon-reload
    ! id "$ACCOUNT" >/dev/null 2>&1 || userdel "$ACCOUNT"
    echo "removed; $SETTINGS is left."
}

pip_install() { # as the user of the service where there is one
    local as=()
    [[ -n $DESTDIR ]] || as=(runuser -u "$ACCOUNT" -- env HOME="$SOURCE")
    "${as[@]}" "$PART/venv/bin/python" -m pip install --disable-pip-version-check --no-cache-dir "$@"
}

case ${1:-} in
"" | --uninstall) ;;
*) fail "there is no option $1; write sudo tflite/rpi/install_service.sh [--uninstall]." ;;
esac
[[ -n $DESTDIR || $EUID == 0 ]] || fail "this installs for the whole system; run it with sudo."
[[ -n $DESTDIR ]] || command -v systemctl >/dev/null || fail "systemctl is missing; this is for systems with systemd."
if [[ ${1:-} == --uninstall ]]; then
    uninstall
    exit
fi
command -v python3 >/dev/null || fail "python3 is missing; run apt install python3-venv python3-pip."
python3 -c "import ensurepip, pip" 2>/dev/null || fail "a Python package is missing; run apt install python3-venv python3-pip."
VERSION=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $VERSION in
3.11) WHEELS=wheels_bookworm.txt NOT_HERE="^ai-edge-litert==" ;; # tflite-runtime does it there
3.13) WHEELS=wheels_trixie.txt NOT_HERE="^$" ;;
*) fail "python3 is $VERSION; this is for Raspberry Pi OS 12 (3.11) and 13 (3.13)." ;;
esac
[[ -n $DESTDIR ]] || id "$ACCOUNT" >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"

# All of it is made beside the old one, which stays when something fails. The system's packages are visible, because
# Picamera2 comes from apt alone; so does pip, which installs beside them.
PART=$APPLICATION.part
SOURCE=$(mktemp -d) # pip builds where the sources are, which are not root's
trap 'rm -rf "$SOURCE" "$PART"' EXIT
rm -rf "$PART"
mkdir -p "$PART/tflite/rpi" "$PART/tflite/models" "$SOURCE/tflite/models"
python3 -m venv --system-site-packages --without-pip "$PART/venv"
cp -R "$ROOT/ffkeras" "$ROOT/pyproject.toml" "$ROOT/setup.cfg" "$ROOT/setup.py" "$SOURCE/"
cp "$ROOT"/tflite/models/*_int8.tflite "$ROOT/tflite/models/NOTICE" "$SOURCE/tflite/models/" # package data: found by name
sed "/$NOT_HERE/d" "$ROOT/tflite/rpi/$WHEELS" >"$SOURCE/wheels.txt"
[[ -n $DESTDIR ]] || chown -R "$ACCOUNT" "$SOURCE" "$PART/venv"
{
    pip_install --require-hashes --only-binary :all: --no-deps -r "$SOURCE/wheels.txt" &&
        pip_install --no-deps --no-index --no-build-isolation "$SOURCE"
} || fail "the packages cannot be installed; see above, check the network and free some space, then run this again."
[[ -n $DESTDIR ]] || chown -R root:root "$PART/venv"
install -m 644 "$ROOT"/tflite/models/*.tflite "$PART/tflite/models/"
install -m 755 "$ROOT"/tflite/rpi/{demo.py,back_off.sh} "$PART/tflite/rpi/"
chmod 755 "$PART"
rm -rf "$APPLICATION"
mv "$PART" "$APPLICATION"
install -D -m 644 "$ROOT/tflite/rpi/ffkeras.service" "$UNIT"
if [[ ! -e $SETTINGS ]]; then
    mkdir -p "$(dirname "$SETTINGS")"
    printf '%s\n' "# a camera number, and options of demo.py such as --num-threads 2" FFKERAS_ARGUMENTS=0 >"$SETTINGS"
fi
[[ -z $DESTDIR ]] || exit 0

systemctl daemon-reload
systemctl enable ffkeras.service
systemctl restart ffkeras.service
echo "started; its faces: journalctl --unit ffkeras --output cat --follow"
