# PostgreSQL with the variables of the official image, from Debian: for machines that reach no
# registry. It has no pgvector.
FROM python:3.11-slim
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ \
    && install -d -o postgres -g postgres /var/lib/postgresql/data
COPY --chmod=755 postgres-start /usr/local/bin/
USER postgres
VOLUME /var/lib/postgresql/data
CMD ["postgres-start"]
