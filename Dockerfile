# Dateline in one image: no model, package or page is fetched when it runs.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/dateline
ENV PATH=/opt/dateline/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY pyproject.toml constraints.txt README.md LICENSE ./
# The build of PyTorch without CUDA is several GB smaller, and only its own index has it for Linux.
RUN pip install --no-deps --index-url https://download.pytorch.org/whl/cpu "$(grep '^torch==' constraints.txt)"
# Dependencies first, in a layer of their own that a change of Dateline's own code leaves alone.
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
    print(*p['dependencies'], *(e for k in ('llm', 'postgresql') for e in p['optional-dependencies'][k]), sep='\n')" \
    > dependencies.txt \
    && pip install --constraint constraints.txt --requirement dependencies.txt
COPY index index
COPY qa qa
RUN pip install --no-deps .

FROM python:3.13-slim
COPY --from=build /opt/dateline /opt/dateline
# Only /data and /tmp are written to, so the root file system may be read-only.
RUN install -d -o 10001 -g 10001 /data
USER 10001:10001
VOLUME /data
ENV PATH=/opt/dateline/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 \
    DATELINE_DATA=/data DATELINE_HOST=0.0.0.0 DATELINE_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['DATELINE_PORT'] + '/health/ready')"]
ENTRYPOINT ["dateline"]
CMD ["serve"]
