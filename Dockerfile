# Firsthand as an image: docker build -t firsthand . ; compose.yaml runs it. Nothing in it runs as root, nothing needs to write
# but the data folder and /tmp.
FROM python:3.11-slim-bookworm AS build
COPY requirements/acme.txt /tmp/requirements.txt
RUN python -m venv /opt/firsthand/venv \
 && /opt/firsthand/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps \
    --only-binary :all: --require-hashes -r /tmp/requirements.txt
COPY proxy /opt/firsthand/proxy
RUN python -m compileall -q /opt/firsthand/proxy

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 firsthand \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /var/lib/firsthand \
    --shell /usr/sbin/nologin firsthand \
 && install -d -o firsthand -g firsthand -m 0700 /var/lib/firsthand
COPY --from=build /opt/firsthand /opt/firsthand
ENV PYTHONPATH=/opt/firsthand/proxy PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /var/lib/firsthand
EXPOSE 8080 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/opt/firsthand/venv/bin/python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8081/healthz', timeout=4)"]
ENTRYPOINT ["/opt/firsthand/venv/bin/python", "-m", "firsthand"]
CMD ["serve", "--config", "/etc/firsthand/firsthand.toml"]
