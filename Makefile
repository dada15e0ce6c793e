# The two set-up commands need Python 3.11+ only: `make serve` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/test-results/*' 2>/dev/null)

.PHONY: serve test prove fuzz bench lint format screenshots lock clean

$(VENV)/.dev: pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	QUIRE_SKIP_WEB_BUILD=1 $(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $@

web/node_modules/.installed: web/package-lock.json $(wildcard web/patches/*) $(VENV)/.dev
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund
	touch $@

src/quire/static/index.html: $(WEB_SOURCES) web/node_modules/.installed
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm run build
	touch $@

serve: $(VENV)/.dev src/quire/static/index.html ## build and start Quire on embedded storage; ARGS="--port 9000"
	$(BIN)/quire serve $(ARGS)

test: $(VENV)/.dev src/quire/static/index.html
	PATH="$(CURDIR)/$(BIN):$$PATH" tests/run

prove: $(VENV)/.dev src/quire/static/index.html ## the proofs that are too long for `make test`, in full
	PATH="$(CURDIR)/$(BIN):$$PATH" QUIRE_PROVE=1 $(BIN)/python -m pytest tests -m fm --timeout=3600
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" QUIRE_PROVE=1 npx --no-install vitest run tests/unit/walks.test.ts
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" QUIRE_PYTHON="$(CURDIR)/$(BIN)/python" QUIRE_PROVE=1 \
	  npx --no-install playwright test --timeout=900000 $$(grep -rlE "PROVE|/screens'" --include='*.spec.ts' tests/browser)

FUZZ_SECONDS ?= 300
fuzz: $(VENV)/.dev ## each fuzz target for FUZZ_SECONDS; what it finds stays in .fuzz
	for target in codec presence state update; do mkdir -p .fuzz/$$target; \
	  PYTHONPATH=src $(BIN)/python tests/fuzz/targets.py $$target -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 \
	    -timeout=20 -max_len=4096 -print_final_stats=1 -artifact_prefix=.fuzz/ .fuzz/$$target || exit 1; done

bench: $(VENV)/.dev src/quire/static/index.html
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m bench

lint: $(VENV)/.dev web/node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm run lint

format: $(VENV)/.dev web/node_modules/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm run format

screenshots: $(VENV)/.dev src/quire/static/index.html
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/screenshots.py

lock: ## resolve the lock files again
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --extra dev pyproject.toml requirements/build.in -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements/serve.txt
	cd web && npm install --package-lock-only

clean:
	rm -rf $(VENV) web/node_modules src/quire/static
