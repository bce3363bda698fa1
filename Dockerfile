# syntax=docker/dockerfile:1
# A CPU image that serves: no torch, no compiler, no root.

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY app ./app
COPY twinset ./twinset
COPY importer ./importer
COPY sample_shop ./sample_shop
COPY index_builder ./index_builder
COPY training ./training
# app,milvus where the index lies in Milvus; app,postgres for TWINSET_STORE
ARG EXTRAS=app
RUN pip install --no-cache-dir -c constraints.txt ".[${EXTRAS}]"
# What serving on a CPU never loads is left out: headers, tests, pip, debugging symbols, OpenVINO for
# other processors and formats, Arrow's network services, the client of a model hub.
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends binutils \
    && cd /opt/venv/lib/python3.11/site-packages \
    && rm -rf openvino/libs/cache.json openvino/libs/libopenvino_intel_[gn]pu_plugin.so \
        openvino/libs/libopenvino_[gjpt]*_frontend.so.* \
        pyarrow/include pyarrow/libarrow_flight* pyarrow/libarrow_python_flight* \
        pyarrow/_flight* pyarrow/libarrow_s3* pyarrow/_s3fs* \
        pip pip-* setuptools setuptools-* pkg_resources hf_xet hf_xet-* huggingface_hub \
    && find . -type d \( -name tests -o -name test -o -name __pycache__ \) -prune -exec rm -rf {} + \
    && find . -type f -regex '.*\.\(c\|h\|hpp\|cpp\|pyx\|pxd\|pyi\|a\)' -delete \
    && find pyarrow tokenizers uvloop -name '*.so*' -exec strip --strip-unneeded {} +
COPY models/compact /opt/twinset/models/compact
# A shop to look at until a volume brings a real one.
RUN twinset sample /opt/demo/catalog.parquet \
    && twinset export --encoder /opt/twinset/models/compact \
        --catalog /opt/demo/catalog.parquet --out /opt/demo/embeddings \
    && twinset build --embeddings /opt/demo/embeddings \
        --catalog /opt/demo/catalog.parquet --out /opt/demo/index

FROM python:3.11-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin twinset
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/twinset /opt/twinset
# The service writes here, and publishes new versions of the index.
COPY --from=build --chown=twinset:twinset /opt/demo/index /data/index
# What replicas share, if a volume is mounted there and TWINSET_FILES names it.
RUN install -d -o twinset -g twinset /shared
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /data
USER twinset
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["twinset", "serve", "--encoder", "/opt/twinset/models/compact", "--index", "/data/index", "--host", "0.0.0.0", "--port", "8000"]
