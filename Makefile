# One command a job. `make course` and `make test` are complete in themselves on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := _build/sample
BOOK := _build/book/_build
SLUGS := $(basename $(notdir $(wildcard assignments/*.md)))
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTEST_DISABLE_PLUGIN_AUTOLOAD := 1

START := $(shell date +%s)

# The chapters whose files differ from the last commit, and the tests of rules that hold between all files.
GIT_CHANGED = $(shell git diff --name-only HEAD 2>/dev/null; git ls-files --others --exclude-standard 2>/dev/null)
CHANGED = $(or $(SLUG),$(sort $(filter $(SLUGS),$(basename $(patsubst test_solutions_%,%,$(subst /, ,$(GIT_CHANGED)))))))
QUICK := tests/test_arrows.py tests/test_rooms.py tests/test_dependencies.py tests/test_environment.py \
  tests/authoring/test_completeness.py tests/book/test_reference_pages.py tests/book/test_lecture_map.py

# Twice as many as cores: most of the tests that take long wait for a time limit, or for another process.
TESTERS := $(shell echo $$((2 * $$(nproc 2>/dev/null || echo 2))))
# Each tester computes in one thread: threads that wait for each other's cores use time that tests measure.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

# The data of the notebooks that ask for it: made here, never committed.
DATA := $(patsubst %.md,%/digits.npz,$(shell grep -ls 'digits\.npz' assignments/*.md))
PUBLIC := $(DATA) $(wildcard term/course.toml) $(shell find book assignments _config.yml _toc.yml environment.yml requirements-students.txt LICENSE -type f -not -path '*/.*' -not -path '*/__pycache__/*')
ENGINE := $(shell find autograder solutions assignments -type f \( -name '*.py' -o -name '*.md' -o -name '*.jinja' \))

.PHONY: course serve check test data audit calibrate mutants bench bench-builds attacks attack-table mutation processors site-check pdf lite guide sandbox node browser lock formgrader clean
.DELETE_ON_ERROR:

course: _build/release.stamp _build/html/index.html  ## the whole way: book, notebooks, a graded sample class each
	@autograder sample --all --term $(SAMPLE) > _build/sample.log
	@autograder grade --all --term $(SAMPLE)
	@echo "One student's feedback: $(SAMPLE)/feedback/dana/<assignment>/<assignment>.html"
	@echo "The book: _build/html/index.html"
	@echo "$$(($$(date +%s) - $(START))) s in all"

serve: $(VENV)/.ready  ## the book in the browser, built and shown again when a file is saved; PORT=8000
	python -m tools.serve --port $(or $(PORT),8000)

check: $(VENV)/.ready $(DATA)  ## what breaks most often, in a minute; SLUG=momentum for a chapter without changes
	ruff check .
	ruff format --check .
	mypy
	autograder bundle
	for slug in $(CHANGED); do autograder missing $$slug && autograder release $$slug --check || exit 1; done
	$(ONE_THREAD) pytest -p xdist.plugin --numprocesses 2 --dist worksteal $(QUICK) \
	  $(wildcard $(foreach slug,$(CHANGED),autograder/chapters/$(slug) tests/solutions/test_solutions_$(slug).py))

test: $(VENV)/.ready _build/html/index.html node browser  ## everything that CI runs
	ruff check .
	ruff format --check .
	autograder build > /dev/null
	(mypy && autograder release --check && autograder audit) > _build/beside.log & beside=$$!; status=0; \
	$(ONE_THREAD) pytest -p xdist.plugin --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0 || status=1; \
	wait $$beside || { grep -B 1 -e '!!' _build/beside.log || tail -n 20 _build/beside.log; status=1; }; exit $$status

data: $(DATA)  ## what notebooks read, exported from scikit-learn to beside them

audit: $(VENV)/.ready  ## mistakes, variants, other forms and mutants of every assignment, into autograder/RECORD.md (20 min; ten seeds 75)
	autograder record --seed audit another third --page autograder/RECORD.md

calibrate: $(VENV)/.ready  ## reference and variants before every hidden check under 300 secret seeds (an hour)
	autograder calibrate

mutants: $(VENV)/.ready  ## every small change of the reference: which ones does no hidden check notice? (1 min)
	autograder mutants

bench: $(VENV)/.ready _build/release.stamp  ## a class graded by us, by stock nbgrader and by Otter, into autograder/BENCH.md (25 min, idle)
	python tests/bench/run.py

bench-builds: $(VENV)/.ready $(DATA)  ## the book from nothing and after each kind of change, into tests/bench/BUILDS.md (an hour, idle)
	python tests/bench/builds.py

attacks: $(VENV)/.ready  ## the attacks on every assignment; one of them is in `make test` (15 min)
	EVERY_ASSIGNMENT=1 pytest tests/attacks/test_run.py -k on_an_assignment

guide: _build/guide/index.html  ## the instructor's guide as a book of its own (20 s); it is not published
	@echo "Open: _build/guide/index.html"

_build/guide/index.html: $(VENV)/.ready $(wildcard autograder/*.md autograder/guide/*)
	rm -rf _build/guide-book _build/guide
	jupyter-book build -W -n --keep-going autograder --config autograder/guide/config.yml \
	  --toc $(CURDIR)/autograder/guide/contents.yml --path-output _build/guide-book
	mv _build/guide-book/_build/html _build/guide

attack-table: $(VENV)/.ready  ## the corpus of attacks here and against stock nbgrader, into the instructor's page (20 min)
	autograder attack-test --page autograder/guide/attacks.md

formgrader: course  ## nbgrader's own pages on the sample class, in the browser
	COURSE_TERM=$(SAMPLE) jupyter lab

assignments/%/digits.npz: tools/digits.py $(VENV)/.ready
	python -m tools.digits $@

_build/release.stamp: $(VENV)/.ready $(ENGINE) $(DATA)
	@mkdir -p _build
	autograder release --check > /dev/null || autograder release  # what is as committed was audited when it was written
	@touch $@

_build/html/index.html: $(VENV)/.ready $(PUBLIC) | node
	autograder bundle
	rm -rf $(BOOK)/html  # every page is written; those that changed are read, and executed if they must be
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || true)} \
	  jupyter-book build -q -W -n --keep-going _build/bundle --path-output _build/book || { \
	    rm -rf $(BOOK)/.doctrees; exit 1; }  # a page that is not read again would not warn again
	rm -rf _build/html
	mv $(BOOK)/html _build/html
	touch $@

$(VENV)/.ready: requirements.lock requirements-torch.txt pyproject.toml | sandbox
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, $(PYTHON) is older; name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv module is missing; type: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  -r <(sed -n '/^uv==/,/^ *# via/p' requirements.lock)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements.lock || \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock  # from pip's own index
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -r requirements-torch.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

mutation: $(VENV)/.ready  ## change the judging parts line by line: every change must be noticed (an hour)
	$(PYTHON) -m venv _build/mutation && _build/mutation/bin/pip install --quiet cosmic-ray
	python tests/mutation/run.py --tools _build/mutation/bin

processors: $(VENV)/.ready $(DATA)  ## what the chapters assert, under the arithmetic of several processors (10 min)
	python tests/processors/run.py $(SLUG)

# LIGHTHOUSE=3 adds the medians of three runs a page, desktop and mobile (half an hour on a quiet machine).
site-check: _build/html/index.html browser tests/site/node_modules/.ready  ## every page in a browser: weight, axe, two themes, two widths (4 min)
	python tests/site/check.py --lighthouse $${LIGHTHOUSE:-0}

pdf: _build/html/index.html browser  ## the book as one PDF into the site, whose pages then link it (3 min)
	python -m tools.book_pdf

# LITE_PYODIDE names a folder with Pyodide's full distribution, or its address; without it the reader's browser asks its own.
lite: _build/html/index.html _build/lite/packages/.ready  ## JupyterLite with the assignments into the site, whose pages then link it (1 min)
	python -m tools.lite

_build/lite/packages/.ready: tools/lite.txt $(VENV)/.ready
	rm -rf $(@D)
	pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target $(@D) -r tools/lite.txt
	@touch $@

tests/site/node_modules/.ready: tests/site/package-lock.json
	@command -v npm >/dev/null || { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq npm >/dev/null; fi; }
	npm ci --prefix tests/site --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

sandbox:  ## what student code is locked into; without it nothing is graded, and what is missing is said
	@complete() { command -v bwrap >/dev/null && [[ "$$(PATH=$$PATH:/sbin:/usr/sbin ldconfig -p)" == *libseccomp.so.2* ]]; }; \
	if ! complete && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq bubblewrap libseccomp2 >/dev/null || true; fi; \
	complete || echo "For the whole sandbox type: sudo apt install bubblewrap libseccomp2"

node:  ## what sets the book's formulas, and runs the figures' scripts in the tests
	@command -v node >/dev/null || { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq nodejs >/dev/null; fi; } || true

browser:  ## what clicks through formgrader in the tests
	@{ command -v chromium && command -v chromedriver; } >/dev/null || { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq chromium chromium-driver >/dev/null; fi; } || true

# jsonschema asks for these to check international addresses, which nothing here has, and they compile grammars for a
# second at the start of every Jupyter command; it works without them. The lock is installed as it stands, --no-deps.
SLOW := rfc3987-syntax lark

# Pins stay where they still fit; `make lock UPGRADE=--upgrade` takes the newest of everything.
lock: ## resolve pyproject.toml for Linux, macOS and Windows into requirements.lock, and write what follows from it
	$(PYTHON) -m venv _build/lock && _build/lock/bin/pip install --quiet 'uv>=0.13,<0.14'
	_build/lock/bin/uv pip compile pyproject.toml --all-extras --group book --group dev --universal --python-version 3.11 --fork-strategy fewest \
	  --generate-hashes --no-emit-index-url $(addprefix --no-emit-package ,torch $(SLOW)) --custom-compile-command 'make lock' \
	  --quiet $(UPGRADE) --output-file requirements.lock
	_build/lock/bin/python -m tools.environment

clean:  ## delete what was generated; a class's data in term/ stays
	rm -rf _build $(DATA)
