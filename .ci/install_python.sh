#!/bin/sh
# Install the packages that the lock file $1 names into .venv, every one checked against its hash.
# uv does it (ten times as fast as pip); pip brings uv. Neither venv nor ensurepip of the system is needed.
set -eu

say() { echo "$1" >&2; }

"$PYTHON" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null || {
    say "Python 3.11 or newer is needed; name it with \`make PYTHON=/path/to/python3\`."
    exit 1
}
"$PYTHON" -m pip --version >/dev/null 2>&1 || {
    say "$PYTHON has no pip; on Debian \`apt-get install python3-pip\` brings it."
    exit 1
}

# uv reads neither pip's configuration nor its variables; whoever set an index for pip means it for uv as well.
pip_setting() { "$PYTHON" -m pip config list 2>/dev/null | sed -n "s/^\(:env:\.\|global\.\|install\.\)$1='\(.*\)'\$/\2/p" | head -n 1; }
index=$(pip_setting index-url)
certificates=$(pip_setting cert)
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
[ -z "$certificates" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificates}"
export UV_NO_PROGRESS=1

if ! cmp -s requirements-uv.txt .tools/requirements-uv.txt; then
    rm -rf .tools
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
        --root-user-action=ignore --require-hashes --target .tools -r requirements-uv.txt
    cp requirements-uv.txt .tools/
fi
[ -x .venv/bin/python ] || .tools/bin/uv venv --quiet --allow-existing --python "$PYTHON" .venv
.tools/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$1"
