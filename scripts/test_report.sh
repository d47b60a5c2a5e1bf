#!/usr/bin/env bash
# Looks at a report in a real browser: takes a picture with headless Chromium, and checks that the page loads nothing from elsewhere and has no error.
# Usage: scripts/test_report.sh REPORT.html PICTURE.png [WIDTH HEIGHT]
set -euo pipefail
page="$(realpath "$1")"
picture="$(realpath -m "$2")"
width="${3:-1150}"
height="${4:-2400}"
if ! command -v chromium > /dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium
fi
profile="$(mktemp -d)"
trap 'rm -rf "$profile"' EXIT
# Nothing but the page itself may be asked for.
if grep -nE '(src|href)="|url\(|@import|<script' "$page"; then
    echo "$page asks for other files" >&2
    exit 1
fi
python3 - "$page" <<'PYTHON'
import re, sys, xml.dom.minidom
text = open(sys.argv[1], encoding="utf-8").read()
drawings = re.findall(r"<svg.*?</svg>", text, re.S)
for drawing in drawings:
    xml.dom.minidom.parseString(drawing)
assert "nan" not in re.sub(r"<title>.*?</title>", "", "".join(drawings)).lower(), "a coordinate that is not a number"
print(f"{len(drawings)} figures, all well-formed")
PYTHON
chromium --headless --no-sandbox --disable-gpu --user-data-dir="$profile" --enable-logging=stderr --hide-scrollbars --force-device-scale-factor=1 \
    --screenshot="$picture" --window-size="$width,$height" "file://$page" 2> "$profile/log"
if grep -E 'CONSOLE.*(error|Error)' "$profile/log"; then exit 1; fi
[ -s "$picture" ] && echo "$picture"
