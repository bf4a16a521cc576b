#!/bin/sh
# Waits before the service starts again: not at all at first, then 10, 20, 40 ... seconds, at most 5 minutes. Called by
# ffkeras.service in its runtime folder, which systemd keeps from one restart to the next and removes at a stop. The first
# failure after ten minutes without any counts as the first one again. (systemd 252 of bookworm has no such option.)
set -eu

FILE=${1:?name the file that counts the starts}
SHORTEST=${2:-10}
LONGEST=300

starts=0
if [ -n "$(find "$FILE" -mmin -10 2>/dev/null)" ]; then
    read -r starts <"$FILE" || starts=0
fi
case $starts in '' | *[!0-9]*) starts=0 ;; esac
seconds=$((starts == 0 ? 0 : SHORTEST << (starts > 6 ? 5 : starts - 1)))
seconds=$((seconds > LONGEST ? LONGEST : seconds))
sleep "$seconds"
echo $((starts + 1)) >"$FILE"
