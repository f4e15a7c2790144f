# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
# They need Python 3.11 or newer with venv, and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint wheel check-email fuzz benchmarks golden clean

demo: $(VENV)/run
	$(BIN)/digest demo

test: $(VENV)/dev
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The wheel, built and used as a stranger would: in an environment that holds nothing else.
wheel: $(VENV)/dev
	rm -rf dist .test-wheel
	$(BIN)/python -m build --wheel --outdir dist
	$(PYTHON) -m venv .test-wheel
	.test-wheel/bin/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt dist/*.whl
	cd .test-wheel && bin/digest demo

# What other people's tools say of the sample mails; the live preview and the readers' pages in a real browser. Installs
# what is missing of Debian's chromium and spamassassin (as root), and of npm's packages.
check-email: $(VENV)/dev
	checks/email/run
	$(BIN)/python -m pytest -n auto checks

# Ten minutes of hostile article files; what crashes, hangs or grows is left in the current folder.
fuzz: $(VENV)/dev
	$(BIN)/python checks/fuzz/reader.py -max_total_time=600

# Ours beside its peers, as ratios; each script takes options of its own (see benchmarks/README.md).
benchmarks: $(VENV)/dev
	-npm ci --prefix benchmarks --no-audit --no-fund --ignore-scripts --loglevel=error
	$(BIN)/python benchmarks/read.py
	$(BIN)/python benchmarks/render.py
	$(BIN)/python benchmarks/import_subscribers.py
	$(BIN)/python benchmarks/sign.py
	$(BIN)/python benchmarks/send.py --subscribers 5000
	-command -v wrk >/dev/null || apt-get install -y -qq --no-install-recommends wrk
	$(BIN)/python benchmarks/web.py

# Accept what the templates render now as what they should render.
golden: $(VENV)/dev
	DIGEST_ACCEPT_GOLDEN=1 $(BIN)/python -m pytest tests/render

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.txt
	$(PIP) install --constraint constraints.txt --editable '.[postgres]' --requirement requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) dist .test-wheel
