# syntax=docker/dockerfile:1
# A CPU image that serves: no torch, no compiler, no root.

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY app ./app
COPY twinset ./twinset
COPY importer ./importer
COPY sample_shop ./sample_shop
COPY index_builder ./index_builder
COPY training ./training
RUN pip --python /opt/venv/bin/python install --no-cache-dir --no-compile -c constraints.txt ".[app]"
# What serving on a CPU never loads is left out: headers, tests, debugging symbols, second builds of
# one function, other processors and formats of OpenVINO, network services and engines of Arrow, the
# client of a model hub and what only that needs.
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends binutils \
    && cd /opt/venv/lib/python3.11/site-packages \
    && rm -rf openvino/libs/cache.json openvino/libs/libopenvino_intel_[gn]pu_plugin.so \
        openvino/libs/libopenvino_[gjpt]*_frontend.so.* openvino/libs/libopenvino_c.so.* \
        openvino/libs/libopenvino_auto* openvino/libs/libopenvino_hetero* \
        openvino/frontend/[jpt]* openvino/include openvino/cmake openvino/tools \
        pyarrow/include pyarrow/src pyarrow/*.pxi pyarrow/*_encryption* pyarrow/_pyarrow_cpp_tests* \
        pyarrow/*arrow_flight* pyarrow/*arrow_python_flight* pyarrow/_flight* pyarrow/_hdfs* \
        pyarrow/libarrow_s3* pyarrow/_s3fs* pyarrow/_gcsfs* pyarrow/_azurefs* pyarrow/_orc* \
        pyarrow/_dataset* pyarrow/_acero* pyarrow/_substrait* pyarrow/_json* pyarrow/_feather* \
        pyarrow/libarrow_python.so pyarrow/libarrow_python.so.*.* \
        numpy/f2py numpy/distutils numpy/_core/_simd.* numpy/_core/*_tests.* \
        rapidfuzz/*_avx2* rapidfuzz/distance/*_avx2* \
        huggingface_hub hf_xet httpx2 httpcore2 yaml _yaml \
    && find pygments/lexers -name '*.py' ! -name '__init__.py' ! -name '_mapping.py' \
        ! -name 'python.py' -delete \
    && find . -type d \( -name tests -o -name test \) -prune -exec rm -rf {} + \
    && find . -type f -regex '.*\.\(c\|h\|hpp\|cpp\|pyx\|pxd\|pyi\|a\)' -delete \
    && find PIL httptools numpy/_core numpy/fft numpy/linalg numpy/random openvino pyarrow rapidfuzz \
        tokenizers uvloop -type f -name '*.so*' -exec strip --strip-unneeded {} + \
    # Arrow's engines are linked to, and called by nothing that is left: empty ones take their place.
    && as -o /tmp/empty.o /dev/null \
    && for engine in acero dataset substrait; do \
        file=$(basename pyarrow/libarrow_$engine.so.*) \
        && ld -shared -soname "$file" -o "pyarrow/$file" /tmp/empty.o || exit 1; done
COPY models/compact /opt/twinset/models/compact
# A shop to look at until a volume brings a real one.
RUN twinset sample /opt/demo/catalog.parquet --items 200 \
    && twinset export --encoder /opt/twinset/models/compact \
        --catalog /opt/demo/catalog.parquet --out /opt/demo/embeddings \
    && twinset build --embeddings /opt/demo/embeddings \
        --catalog /opt/demo/catalog.parquet --out /opt/demo/index
# app,milvus where the index lies in Milvus; app,postgres for TWINSET_STORE
ARG EXTRAS=app
RUN pip --python /opt/venv/bin/python install --no-cache-dir --no-compile -c constraints.txt \
    "twinset[${EXTRAS}]"

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
# By bash, which starts in a fraction of the time that Python takes without its compiled files.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8000 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r -t 4 _ status _ <&3 && [ \"$status\" = 200 ]"]
CMD ["twinset", "serve", "--encoder", "/opt/twinset/models/compact", "--index", "/data/index", "--host", "0.0.0.0", "--port", "8000"]
