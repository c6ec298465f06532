# streetwarden: `make demo` and `make test` are all a newcomer needs; both may be run again at any time.
PYTHON ?= python3
VENV ?= .venv
VENV_DEV ?= .venv-dev
VENV_RELEASE ?= .venv-release
DEMO_FOR ?=

.PHONY: help demo test test-service test-rest lint docs lock sbom audit format rebuild-samples clean

help:
	@echo "make demo               install the service into $(VENV) and run it on its sample footage, at http://127.0.0.1:8000"
	@echo "make demo DEMO_FOR=120s the same, ending by itself with a summary (exit 1 if it missed, doubled or invented anything)"
	@echo "make test               install everything into $(VENV_DEV), run every test, print line coverage by package"
	@echo "make lint               ruff, mypy and the floors"
	@echo "make docs               build the documents and the reference into build/site/index.html"
	@echo "make lock               pin every file of the service by its hash, in requirements.lock"
	@echo "make sbom               list what the service is made of, in build/sbom.json (CycloneDX)"
	@echo "make audit              ask PyPI for known faults of what requirements.lock names (needs the internet)"
	@echo "make format             let ruff mend what it can"
	@echo "make clean              remove both environments and everything that was made"

demo: $(VENV)/.installed
	$(VENV)/bin/streetwarden demo $(if $(DEMO_FOR),--for $(DEMO_FOR))

test: $(VENV_DEV)/.installed
	rm -f .coverage .coverage.*
	$(MAKE) --jobs=2 --output-sync=target test-service test-rest
	$(VENV_DEV)/bin/python scripts/test_report.py

# Two halves side by side: half of the time is waiting for processes, browsers and cameras.
test-service: $(VENV_DEV)/.installed
	$(VENV_DEV)/bin/python -m coverage run -m pytest tests/api

test-rest: $(VENV_DEV)/.installed
	$(VENV_DEV)/bin/python -m coverage run -m pytest --ignore=tests/api

lint: $(VENV_DEV)/.installed
	$(VENV_DEV)/bin/ruff check .
	$(VENV_DEV)/bin/ruff format --check .
	$(VENV_DEV)/bin/mypy
	$(VENV_DEV)/bin/lint-imports

# Strict: a warning ends it. The variable silences a note of the theme that has nothing to do with these pages.
docs: $(VENV_DEV)/.installed
	NO_MKDOCS_2_WARNING=1 $(VENV_DEV)/bin/mkdocs build --quiet
	@echo "the documents are at build/site/index.html"

# Annotations, index and options stay out: a line is a package and its hashes, nothing of the machine that wrote it. The
# header stays as it is: run this with the Python that it names.
lock: $(VENV_RELEASE)/.installed
	mkdir -p build
	$(VENV_RELEASE)/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--constraint constraints.txt --extra postgres --output-file build/requirements.lock pyproject.toml
	{ sed '/^[^#]/,$$d' requirements.lock; cat build/requirements.lock; } > build/requirements.new && mv build/requirements.new requirements.lock

sbom: $(VENV)/.installed $(VENV_RELEASE)/.installed
	mkdir -p build
	$(VENV_RELEASE)/bin/cyclonedx-py environment $(VENV) --pyproject pyproject.toml --output-format JSON --output-file build/sbom.json
	@echo "what the service is made of is at build/sbom.json"

audit: $(VENV_RELEASE)/.installed
	$(VENV_RELEASE)/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip

format: $(VENV_DEV)/.installed
	$(VENV_DEV)/bin/ruff check --fix .
	$(VENV_DEV)/bin/ruff format .

# The service alone, without torch.
$(VENV)/.installed: pyproject.toml constraints.txt scripts/system-packages scripts/make-venv
	scripts/system-packages service
	scripts/make-venv $(PYTHON) $(VENV) .
	touch $@

# Everything that the tests touch: training (torch, ultralytics), PostgreSQL's driver, linters, the browser's driver.
$(VENV_DEV)/.installed: pyproject.toml constraints.txt scripts/system-packages scripts/make-venv
	scripts/system-packages service tests
	scripts/make-venv $(PYTHON) $(VENV_DEV) ".[training,postgres,openvino,dem,oidc,dev,docs]"
	touch $@

# Tools of who publishes a release; nothing else needs them.
$(VENV_RELEASE)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV_RELEASE)
	$(VENV_RELEASE)/bin/python -m pip install --quiet "pip-tools>=7.5" "cyclonedx-bom>=7" "pip-audit>=2.9"
	touch $@

clean:
	rm -rf $(VENV) $(VENV_DEV) $(VENV_RELEASE) build dist var runs .mypy_cache .ruff_cache .pytest_cache .coverage .coverage.*
