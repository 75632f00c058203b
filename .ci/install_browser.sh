#!/bin/sh
# See that the browser tests have a Chromium, and as root a font for Chinese and Korean, which screenshots need.
set -eu

has_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
        || command -v google-chrome >/dev/null 2>&1
}
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

missing=""
has_chromium || missing="chromium"
if can_install && ! dpkg-query -W -f '${Status}' fonts-noto-cjk 2>/dev/null | grep -q '^install ok installed'; then
    missing="$missing fonts-noto-cjk"
fi
[ -n "$missing" ] || exit 0

if ! can_install; then
    echo "Chromium is missing and only root may install it: run \`apt-get install chromium fonts-noto-cjk\` as root." >&2
    exit 1
fi
echo "Installing $missing by apt-get."
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # two packages are two words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
