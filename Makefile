# make demo    a shop on http://127.0.0.1:$(PORT), from nothing
# make test    linters, type checks and all tests
# make docs    the documentation as a site, links checked
# make client  clients from the OpenAPI document, compiled; needs npm
# make bench   runtimes, and the service from outside
# make real    the README's figures, from DATA
# make model   train models/compact anew from DATA
# make study   train the three compact recipes on DATA and compare them; about three hours
# make sparsity   after that, hybrid-compact on 10, 25 and 50 % of the products

PORT ?= 8000
DATA ?= ../shared/data/fashion
PYTHON ?= $(firstword $(shell command -v python3.11 python3) python3)

BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
DEMO := var/demo
MODEL := var/model
REAL := var/real
STUDY := var/study
ENCODER := models/compact

.DELETE_ON_ERROR:
.PHONY: demo test docs client lint bench real model study sparsity clean

demo: $(DEMO)/.index
	@echo 'Twinset opens on http://127.0.0.1:$(PORT)'
	$(BIN)/twinset serve --encoder $(ENCODER) --index $(DEMO)/index --port $(PORT)

test: .venv/.all .venv/.browser lint
	$(BIN)/pytest

# The documentation as a site in build/site; a broken link is an error.
docs: .venv/.all
	$(BIN)/mkdocs build --strict --quiet --site-dir build/site

lint: .venv/.all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# benchmarks.runtimes also compares with ONNX Runtime, of the extra `gpu`, and is run by itself.
bench: .venv/.bench $(DEMO)/.index
	$(BIN)/python -m benchmarks.runtimes --encoder $(ENCODER)
	$(BIN)/python -m benchmarks.service --encoder $(ENCODER) --index $(DEMO)/index

real: .venv/.all
	$(BIN)/twinset import $(DATA) $(REAL)/catalog.parquet
	$(BIN)/twinset export --encoder $(ENCODER) --catalog $(REAL)/catalog.parquet \
		--out $(REAL)/embeddings --force
	$(BIN)/twinset build --embeddings $(REAL)/embeddings --catalog $(REAL)/catalog.parquet \
		--out $(REAL)/index
	$(BIN)/twinset evaluate --encoder $(ENCODER) --catalog $(REAL)/catalog.parquet \
		--embeddings $(REAL)/embeddings --out $(REAL)/report
	$(BIN)/python -m benchmarks.image_share --encoder $(ENCODER) \
		--catalog $(REAL)/catalog.parquet --embeddings $(REAL)/embeddings
	$(BIN)/python -m benchmarks.service --encoder $(ENCODER) --index $(REAL)/index

model: .venv/.all
	$(BIN)/twinset import $(DATA) $(MODEL)/catalog.parquet
	$(BIN)/twinset train --config training/configs/clip-compact.toml \
		--catalog $(MODEL)/catalog.parquet --out $(MODEL)/run
	$(BIN)/twinset evaluate --encoder $(MODEL)/run/encoder \
		--catalog $(MODEL)/catalog.parquet --out $(MODEL)/report
	rm -rf $(ENCODER)
	cp -R $(MODEL)/run/encoder $(ENCODER)

# An interrupted study goes on where it was.
RECIPES := hybrid-compact clip-compact clip-advanced-compact
STUDY_RUNS := $(RECIPES) hybrid-compact-untrained clip-compact-untrained
SHARES := 10 25 50

study: $(STUDY_RUNS:%=$(STUDY)/%/encoder)
	$(BIN)/twinset evaluate --catalog $(STUDY)/catalog.parquet --out $(STUDY)/report \
		--encoder $(firstword $^) $(patsubst %,--compare %,$(wordlist 2,$(words $^),$^))

sparsity: $(STUDY)/hybrid-compact/encoder $(SHARES:%=$(STUDY)/share-%/encoder)
	$(BIN)/twinset evaluate --catalog $(STUDY)/catalog.parquet --out $(STUDY)/sparsity \
		--encoder $(firstword $^) $(patsubst %,--compare %,$(wordlist 2,$(words $^),$^))

$(STUDY)/%-untrained/encoder: | $(STUDY)/catalog.parquet
	$(BIN)/twinset train --config training/configs/$*.toml --untrained \
		--catalog $(STUDY)/catalog.parquet --out $(@D)

$(STUDY)/share-%/encoder: | $(STUDY)/catalog.parquet
	$(BIN)/twinset train --config training/configs/hybrid-compact.toml --share 0.$* \
		--catalog $(STUDY)/catalog.parquet --cache $(STUDY)/cache --out $(@D)

$(STUDY)/%/encoder: | $(STUDY)/catalog.parquet
	$(BIN)/twinset train --config training/configs/$*.toml \
		--catalog $(STUDY)/catalog.parquet --cache $(STUDY)/cache --out $(@D)

$(STUDY)/catalog.parquet: | .venv/.all
	$(BIN)/twinset import $(DATA) $@

clean:
	rm -rf .venv var build dist .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each stage is done once, and again when what it is made from changes.

.venv/.python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Twinset needs Python 3.11")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/.serving: .venv/.python pyproject.toml constraints.txt
	$(PIP) --editable '.[app]'
	touch $@

.venv/.all: .venv/.python pyproject.toml constraints.txt
	$(PIP) --editable '.[app,training,docs,test]'
	touch $@ .venv/.serving

# Clients in Python and TypeScript from the OpenAPI document, each compiled; needs npm.
CLIENT := build/client
client: .venv/.all .venv/.generator
	mkdir -p $(CLIENT)
	$(BIN)/python -m app.openapi > $(CLIENT)/openapi.json
	cd $(CLIENT) && PATH="$(CURDIR)/.venv/generator/bin:$$PATH" openapi-python-client generate \
		--path openapi.json --meta none --output-path twinset_client --overwrite
	cd $(CLIENT) && $(CURDIR)/.venv/generator/bin/python -m compileall -q twinset_client
	cd $(CLIENT) && $(CURDIR)/.venv/generator/bin/python -c 'import twinset_client.models'
	cd $(CLIENT) && npm install --silent --no-audit --no-fund --no-save \
		openapi-typescript@7.13.0 typescript@5.9.3
	cd $(CLIENT) && npx openapi-typescript openapi.json -o twinset.d.ts
	cd $(CLIENT) && npx tsc --noEmit --strict twinset.d.ts

# Its own environment: it pins older versions of what the service uses.
.venv/.generator: .venv/.python
	$(PYTHON) -m venv .venv/generator
	.venv/generator/bin/pip install --quiet openapi-python-client==0.29.1
	touch $@

# The browser tests are skipped, saying so, where there is none and none can be installed.
.venv/.browser: .venv/.python
	@command -v chromium >/dev/null || { \
		[ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -qq -y chromium; \
	} || echo 'no chromium here: tests/browser will be skipped'
	touch $@

.venv/.bench: .venv/.python pyproject.toml constraints.txt
	$(PIP) --editable '.[app,bench]'
	touch $@ .venv/.serving

$(DEMO)/catalog.parquet: $(shell find core/sample -name '*.py') | .venv/.serving
	$(BIN)/twinset sample $@

$(DEMO)/.embeddings: $(DEMO)/catalog.parquet $(wildcard $(ENCODER)/*)
	$(BIN)/twinset export --encoder $(ENCODER) --catalog $< --out $(DEMO)/embeddings --force
	touch $@

$(DEMO)/.index: $(DEMO)/.embeddings
	$(BIN)/twinset build --embeddings $(DEMO)/embeddings --catalog $(DEMO)/catalog.parquet \
		--out $(DEMO)/index
	touch $@
