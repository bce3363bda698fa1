# make demo    a shop on http://127.0.0.1:$(PORT), from nothing
# make test    linters, type checks and the tests
# make test-long  the rest: the large recipes trained, a Milvus server at length
# make coverage  all tests, with the share of lines they run; fails below the floor
# make bench   encoders, and the service from outside, on the sample shop
# make bench-words  how well words are answered, part by part; after make real
# make bench-http  processor time per request, beside BASELINE=DIR and uvicorn alone
# make bench-paint  first paint and layout shift of pages in Chromium, beside BASELINE=DIR
# make bench-NAME  one of encoders, rest, indexes, service, photo, mixed, on what make real made
# make bench-all   all of these, written into docs/benchmarks.md; INFINITY=.../bin/infinity_emb
# make bench-photos  what shoppers' photos find, by people kept out of training; after make real
# make faults  overload, slow clients, kill -9, swaps and damaged files, at full size; an hour
# make fuzz    generated requests, filters and images; FUZZ_SECONDS of each coverage-guided target
# make container  the image and every profile of the compose file, run with docker or podman
# make audit   pinned packages against the advisories that PyPI knows
# make docs    the documentation as a site, links checked
# make client  clients from the OpenAPI document, compiled; needs npm
# make real    the README's figures, from DATA
# make scale   the kinds of index at 10 thousand to a million vectors; after make real
# make model   train models/compact anew from DATA
# make study   train the four compact recipes on DATA and compare them; about three hours
# make var/study/study-clip-compact/encoder   one run of the study by the name of its recipe
# make sparsity   after that, hybrid-compact on 10, 25 and 50 % of the products

PORT ?= 8000
DATA ?= data/fashion
FUZZ_SECONDS ?= 60
PYTHON ?= $(firstword $(shell command -v python3.11 python3) python3)

BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
DEMO := var/demo
MODEL := var/model
REAL := var/real
STUDY := var/study
ENCODER := models/compact
INFINITY ?=
BENCHMARKS := encoders rest indexes service photo mixed encoders-avx2 rest-avx2

.DELETE_ON_ERROR:
# The tests alone start hundreds of processes, each of which would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE
.NOTPARALLEL: # each run uses every core, and runs of a study fill one cache
.PHONY: demo test test-long lint bench bench-all bench-http bench-paint bench-words bench-photos $(BENCHMARKS:%=bench-%) real model study sparsity scale coverage faults fuzz audit container docs client clean

demo: $(DEMO)/.index
	@echo 'Twinset opens on http://127.0.0.1:$(PORT)'
	$(BIN)/twinset serve --encoder $(ENCODER) --index $(DEMO)/index --port $(PORT)

# Three files of tests at a time, since many wait for servers; those that measure a busy or a clogged
# service, and count on a machine of their own, after them. Threads of OpenMP that wait for a core
# would each keep one busy.
ALONE := $(addprefix tests/faults/test_,clients.py corpus.py overload.py swaps.py)
test test-long: export OMP_NUM_THREADS = 1
test: .venv/.all .venv/.browser .venv/.generator lint
	$(BIN)/pytest -m 'not long' $(addprefix --ignore ,$(ALONE)) --numprocesses 3 --dist loadfile \
		--no-loadscope-reorder
	$(BIN)/pytest $(ALONE)

test-long: .venv/.all .venv/.browser
	$(BIN)/pytest -m long
	$(BIN)/pytest --full tests/browser/test_page_quality.py
	$(BIN)/pytest --full -k milvus tests/app/recommend/test_combinations.py tests/app/live/test_merged_answers.py

# The documentation as a site in build/site; a broken link is an error.
docs: .venv/.all
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site

lint: .venv/.all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# A line that only another process runs does not count.
coverage: .venv/.all .venv/.browser .venv/.generator
	mkdir -p var
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage report

# Both have a short form in `make test`. With nginx installed (Debian: apt-get install nginx-light)
# the corpus of bad requests is also sent through it, and with promtool (prometheus) the alert rules
# are checked; the tests skip what is missing, and say so.
faults: .venv/.all
	TWINSET_FAULT_ROUNDS=200 TWINSET_VERSION_SWAPS=50 TWINSET_SWAP_ITEMS=30000 \
		$(BIN)/pytest -v -s --full tests/faults \
		$(addprefix tests/app/,server/test_nginx.py server/test_lingering_close.py http/test_public_keys.py \
		events/test_event_routes.py live/test_lists_stay_true.py recommend/test_random_explanations.py)

fuzz: .venv/.fuzz
	$(BIN)/pytest -v --full -m fuzz tests/fuzz tests/twinset/test_filters.py
	for target in decoder manifest boundary multipart filters; do \
		$(BIN)/python -m tests.fuzz.coverage_guided $$target -max_total_time=$(FUZZ_SECONDS) \
			-artifact_prefix=var/fuzz/ || exit 1; \
	done

# The words of the widget, which is one file.
app/storefront/static/widget.js: $(wildcard app/storefront/interface/*) | .venv/.serving
	$(BIN)/python -m app.storefront.interface.widget_words

# What nginx says of its own, in the service's words.
deploy/errors.conf: app/storefront/proxy_errors.py app/http/problems.py app/http/addresses.py \
		app/storefront/templates/edge.html app/storefront/static/design.css | .venv/.serving
	$(BIN)/python -m app.storefront.proxy_errors > $@

docs/settings.md: app/settings.py app/settings_page.py | .venv/.serving
	$(BIN)/python -m app.settings_page > $@

docs/cli.md: pyproject.toml $(wildcard */*command*.py */*/*command*.py) app/commands_page.py | .venv/.all
	$(BIN)/python -m app.commands_page > $@

docs/headers.md: $(wildcard importer/*.py importer/*/*.py importer/*/*/*.py) | .venv/.all
	$(BIN)/python -m importer.headers_page > $@

# CONTAINER_OPTIONS=--stand-ins for a machine that reaches no registry; COMPOSE and CONTAINER_BUILD,
# see tests/containers/compose_run.py.
CONTAINER_OPTIONS ?=
container: .venv/.all
	$(BIN)/python -m tests.containers.compose_run $(CONTAINER_OPTIONS)

audit: .venv/.audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

bench: .venv/.bench $(DEMO)/.index
	$(BIN)/python -m benchmarks.encoders.encoder_speed $(ENCODER)
	$(BIN)/python -m benchmarks.service.single_client --encoder $(ENCODER) --index $(DEMO)/index
	$(BIN)/python -m benchmarks.service.phone_photo --encoder $(ENCODER) --index $(DEMO)/index

RECORD := $(BIN)/python -m benchmarks.record --encoder $(ENCODER) --index $(REAL)/index \
	--embeddings $(REAL)/embeddings --infinity '$(INFINITY)'

# Words as shoppers type them, with each part switched off; after make real, and on the sample shop.
bench-words: .venv/.bench $(DEMO)/.index
	$(BIN)/python -m benchmarks.quality.words.word_figures --encoder $(ENCODER) --index $(REAL)/index
	$(BIN)/python -m benchmarks.quality.words.word_figures --encoder $(ENCODER) --index $(DEMO)/index

bench-all: .venv/.bench
	$(RECORD)

# Processor time per request, beside an older checkout with a .venv of its own: BASELINE=DIR
BASELINE ?=
bench-http: .venv/.bench $(DEMO)/.index
	$(BIN)/python -m benchmarks.service.http_cost --encoder $(ENCODER) --index $(DEMO)/index \
		$(if $(BASELINE),--baseline $(BASELINE)) \
		$(if $(BASELINE_INDEX),--baseline-index $(BASELINE_INDEX))

# BASELINE_INDEX=DIR if the older checkout reads no index of today.
bench-paint: .venv/.all .venv/.browser $(DEMO)/.index
	$(BIN)/python -m benchmarks.pages.first_paint --encoder $(ENCODER) --index $(DEMO)/index \
		$(if $(BASELINE),--baseline $(BASELINE)) \
		$(if $(BASELINE_INDEX),--baseline-index $(BASELINE_INDEX))

$(BENCHMARKS:%=bench-%): bench-%: .venv/.bench
	$(RECORD) --only $*

real: .venv/.all
	$(BIN)/twinset import $(DATA) $(REAL)/catalog.parquet
	$(BIN)/twinset export --encoder $(ENCODER) --catalog $(REAL)/catalog.parquet \
		--out $(REAL)/embeddings --force
	$(BIN)/twinset evaluate --edits --encoder $(ENCODER) --catalog $(REAL)/catalog.parquet \
		--embeddings $(REAL)/embeddings --out $(REAL)/report
	$(BIN)/twinset build --embeddings $(REAL)/embeddings --catalog $(REAL)/catalog.parquet \
		--report $(REAL)/report --out $(REAL)/index
	$(BIN)/python -m benchmarks.quality.image_share --encoder $(ENCODER) \
		--catalog $(REAL)/catalog.parquet --embeddings $(REAL)/embeddings
	$(BIN)/python -m benchmarks.quality.matches --encoder $(ENCODER) --catalog $(REAL)/catalog.parquet \
		--embeddings $(REAL)/embeddings --photos $(DATA)/photos224.parquet
	$(BIN)/python -m benchmarks.service.single_client --encoder $(ENCODER) --index $(REAL)/index

# What photos by people find; DATA has the folder `photos` beside it.
bench-photos: .venv/.bench
	$(BIN)/python -m benchmarks.quality.shopper_photo_figures $(dir $(DATA)) \
		--encoder $(ENCODER) --index $(REAL)/index
	$(BIN)/python -m benchmarks.quality.edited_searches $(ENCODER) $(REAL)/index \
		$(REAL)/catalog.parquet --photos $(dir $(DATA))photos/shopper_photos.parquet
	$(BIN)/python -m benchmarks.quality.garment_pairs $(dir $(DATA)) \
		--encoder $(ENCODER) --index $(REAL)/index

scale: .venv/.all
	$(BIN)/python -m benchmarks.indexes.scale --embeddings $(REAL)/embeddings --work var/scale

model: .venv/.all
	$(BIN)/twinset import $(DATA) $(MODEL)/catalog.parquet
	$(BIN)/twinset sample --items 2000 --seed 1 $(MODEL)/rendered.parquet
	$(BIN)/python -m training.data.join_catalogues $(MODEL)/joined.parquet \
		$(MODEL)/catalog.parquet $(MODEL)/rendered.parquet
	$(BIN)/twinset train --config training/configs/compact-start.toml \
		--catalog $(MODEL)/joined.parquet --photos $(DATA)/photos224.parquet --out $(MODEL)/start
	$(BIN)/twinset train --config training/configs/compact-middle.toml --start $(MODEL)/start \
		--catalog $(MODEL)/joined.parquet --photos $(DATA)/photos224.parquet --out $(MODEL)/middle
	$(BIN)/twinset train --config training/configs/compact-late.toml --start $(MODEL)/middle \
		--catalog $(MODEL)/joined.parquet --photos $(DATA)/photos224.parquet --out $(MODEL)/late
	$(BIN)/twinset train --config training/configs/compact.toml --start $(MODEL)/late \
		--catalog $(MODEL)/joined.parquet --photos $(DATA)/photos224.parquet --out $(MODEL)/run
	$(BIN)/twinset evaluate --encoder $(MODEL)/run/encoder \
		--catalog $(MODEL)/catalog.parquet --out $(MODEL)/report
	$(BIN)/twinset export --encoder $(MODEL)/run/encoder --catalog $(MODEL)/catalog.parquet \
		--out $(MODEL)/embeddings --force
	$(BIN)/python -m training.edits.encoder_composer $(MODEL)/run/encoder \
		$(MODEL)/catalog.parquet $(MODEL)/embeddings
	$(BIN)/python -m training.photo.train_head $(MODEL)/run/encoder $(dir $(DATA)) \
		--catalog $(MODEL)/catalog.parquet --embeddings $(MODEL)/embeddings
	$(BIN)/twinset languages --encoder $(MODEL)/run/encoder --catalog $(MODEL)/catalog.parquet \
		--embeddings $(MODEL)/embeddings --out $(MODEL)/run/encoder
	rm -rf $(ENCODER)
	cp -R $(MODEL)/run/encoder $(ENCODER)

# An interrupted study goes on where it was.
RECIPES := hybrid-compact hybrid-category-compact clip-compact clip-advanced-compact
STUDY_RUNS := $(RECIPES) hybrid-compact-untrained clip-compact-untrained
SHARES := 10 25 50

study: $(STUDY_RUNS:%=$(STUDY)/%/encoder)
	$(BIN)/twinset evaluate --catalog $(STUDY)/catalog.parquet --out $(STUDY)/report \
		--encoder $(firstword $^) $(patsubst %,--compare %,$(wordlist 2,$(words $^),$^))

sparsity: $(STUDY)/hybrid-compact/encoder $(SHARES:%=$(STUDY)/share-%/encoder)
	$(BIN)/twinset evaluate --catalog $(STUDY)/catalog.parquet --out $(STUDY)/sparsity \
		--encoder $(firstword $^) $(patsubst %,--compare %,$(wordlist 2,$(words $^),$^))

$(STUDY)/%-untrained/encoder: | $(STUDY)/catalog.parquet
	$(BIN)/twinset train --config $* --untrained \
		--catalog $(STUDY)/catalog.parquet --out $(@D)

$(STUDY)/share-%/encoder: | $(STUDY)/catalog.parquet
	$(BIN)/twinset train --config hybrid-compact --share 0.$* \
		--catalog $(STUDY)/catalog.parquet --cache $(STUDY)/cache --out $(@D)

$(STUDY)/%/encoder: | $(STUDY)/catalog.parquet
	$(BIN)/twinset train --config $* \
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
	$(PIP) --editable '.[app,heic]'
	touch $@

.venv/.all: .venv/.python pyproject.toml constraints.txt
	$(PIP) --editable '.[adopt,app,heic,training,docs,test]'
	touch $@ .venv/.serving

.venv/.fuzz: .venv/.all
	$(PIP) --editable '.[app,heic,training,test,fuzz]'
	touch $@

.venv/.audit: .venv/.python pyproject.toml constraints.txt
	$(PIP) 'pip-audit'
	touch $@

# Clients in Python and TypeScript from the OpenAPI document, each compiled; needs npm. The first
# is made by `make test` too.
CLIENT := build/client
client: .venv/.serving .venv/.generator
	mkdir -p $(CLIENT)
	$(BIN)/python -m app.openapi_document > $(CLIENT)/openapi.json
	cd $(CLIENT) && PATH="$(CURDIR)/.venv/generator/bin:$$PATH" openapi-python-client generate \
		--path openapi.json --meta none --output-path twinset_client --overwrite
	cd $(CLIENT) && $(CURDIR)/.venv/generator/bin/python -m compileall -q twinset_client
	cd $(CLIENT) && $(CURDIR)/.venv/generator/bin/python -c 'import twinset_client.models'
	cd $(CLIENT) && npm install --silent --no-audit --no-fund --no-save \
		openapi-typescript@7.13.0 typescript@5.9.3
	cd $(CLIENT) && npx --yes @redocly/cli@2 lint openapi.json
	# A field with a default may be left out of a request.
	cd $(CLIENT) && npx openapi-typescript openapi.json --default-non-nullable=false -o twinset.d.ts
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
	$(PIP) --editable '.[app,heic,training,bench]'
	touch $@ .venv/.serving

$(DEMO)/catalog.parquet: $(shell find sample_shop -name '*.py') | .venv/.serving
	$(BIN)/twinset sample $@

$(DEMO)/.embeddings: $(DEMO)/catalog.parquet $(wildcard $(ENCODER)/*)
	$(BIN)/twinset export --encoder $(ENCODER) --catalog $< --out $(DEMO)/embeddings --force
	touch $@

$(DEMO)/.index: $(DEMO)/.embeddings
	$(BIN)/twinset build --embeddings $(DEMO)/embeddings --catalog $(DEMO)/catalog.parquet \
		--out $(DEMO)/index
	touch $@
