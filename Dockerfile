# One image for everything: `serve` (the default) and `worker`. Dependencies come from the lock files, hashes checked.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements-build.lock requirements.lock ./
RUN python -m venv /opt/firebreak \
 && /opt/firebreak/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock -r requirements.lock
COPY pyproject.toml README.md ./
COPY docs/rules docs/rules
COPY playbooks playbooks
COPY engine engine
COPY api api
RUN /opt/firebreak/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/firebreak firebreak
COPY --from=build /opt/firebreak /opt/firebreak
COPY playbooks /opt/firebreak/playbooks
ENV PATH=/opt/firebreak/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FIREBREAK_HOST=0.0.0.0 \
    FIREBREAK_DATA_DIR=/var/lib/firebreak \
    FIREBREAK_PORT=8000 \
    FIREBREAK_PLAYBOOKS=/opt/firebreak/playbooks \
    FIREBREAK_ORGANISATION=/opt/firebreak/playbooks/organisation.yaml
USER firebreak
WORKDIR /var/lib/firebreak
VOLUME /var/lib/firebreak
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, httpx; httpx.get(f'http://127.0.0.1:{os.environ[\"FIREBREAK_PORT\"]}/healthz').raise_for_status()"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["firebreak"]
CMD ["serve"]
