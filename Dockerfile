# Build: docker build -t mockserver .        Run: docker run --rm --read-only -p 127.0.0.1:8080:8080 mockserver
# Control plane and console need the token that the start prints, or one of yours: -e MOCKSERVER_CONTROL_TOKEN=…
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# Without pip, which nothing needs at run time; that of the base image installs into it.
RUN python -m venv --without-pip /opt/mockserver
ENV PIP_PYTHON=/opt/mockserver/bin/python
COPY locks/requirements-server.lock locks/requirements-server.lock
RUN pip install --require-hashes -r locks/requirements-server.lock
COPY pyproject.toml README.md LICENSE mkdocs.yml ./
COPY specs specs
COPY docs docs
COPY mockserver mockserver
# Fetches with what Python itself has; npm is brought by a wheel of npm/npm.lock.
RUN python -m mockserver.console.vendoring
RUN pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
COPY --from=build /opt/mockserver /opt/mockserver
# Nothing is written at run time: pip has compiled the modules, and the state is in memory.
ENV PATH=/opt/mockserver/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOCKSERVER_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["mockserver", "health"]
ENTRYPOINT ["mockserver"]
CMD ["run"]
