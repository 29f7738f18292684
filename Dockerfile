# The portal's image: one for the web server, the worker, the scheduler and the migrations.
# What it runs with is in docker-compose.yml; what it must be told, in docs/deploy.md.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --require-hashes --only-binary :all: -r requirements.txt
COPY . .
# Collecting static files needs settings, not secrets: the test mode makes throw-away keys.
RUN STEPCHANGE_MODE=test STEPCHANGE_VAR=/tmp/var STATIC_ROOT=/srv/static \
    /venv/bin/python manage.py collectstatic --no-input --verbosity 0

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STEPCHANGE_MODE=production \
    STEPCHANGE_VAR=/var/lib/stepchange \
    STATIC_ROOT=/srv/static
RUN useradd --system --uid 10001 --user-group --no-create-home stepchange \
    && install --directory --owner=stepchange --group=stepchange --mode=0750 /var/lib/stepchange
COPY --from=build /venv /venv
COPY --from=build /srv/static /srv/static
COPY . /app
WORKDIR /app
USER 10001
VOLUME /var/lib/stepchange
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-m", "scripts.alive"]
# The proxy in front caps the length of an address; what it passes gets a page of the portal.
CMD ["gunicorn", "stepchange.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", \
     "--limit-request-line", "0"]
