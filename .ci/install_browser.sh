#!/bin/sh
# See that the tests have a Chromium, an nginx and what reads PDFs, and as root a font for Chinese and Korean, which screenshots need.
set -eu
PATH="$PATH:/usr/sbin:/sbin" # where Debian puts nginx

has_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
        || command -v google-chrome >/dev/null 2>&1
}
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

missing=""
has_chromium || missing="chromium"
command -v nginx >/dev/null 2>&1 || missing="$missing nginx"
command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils"
if can_install && ! dpkg-query -W -f '${Status}' fonts-noto-cjk 2>/dev/null | grep -q '^install ok installed'; then
    missing="$missing fonts-noto-cjk"
fi
missing="${missing# }"
[ -n "$missing" ] || exit 0

if ! can_install; then
    echo "Of what the tests need this is missing, and only root may install it: run \`apt-get install $missing\` as root." >&2
    exit 1
fi
echo "Installing $missing by apt-get."
export DEBIAN_FRONTEND=noninteractive

# Debian starts a server as soon as it is installed, unless it is told not to; the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
apt-get update -qq
# shellcheck disable=SC2086  # the packages are so many words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
