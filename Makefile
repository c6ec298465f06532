# streetwarden: `make demo` and `make test` are all a newcomer needs; both may be run again at any time.
PYTHON ?= python3
VENV ?= .venv
VENV_DEV ?= .venv-dev
DEMO_FOR ?=

.PHONY: help demo test test-service test-rest lint docs format rebuild-samples clean

help:
	@echo "make demo               install the service into $(VENV) and run it on its sample footage, at http://127.0.0.1:8000"
	@echo "make demo DEMO_FOR=120s the same, ending by itself with a summary (exit 1 if it missed, doubled or invented anything)"
	@echo "make test               install everything into $(VENV_DEV), run every test, print line coverage by package"
	@echo "make lint               ruff, mypy and the floors"
	@echo "make docs               build the documents and the reference into build/site/index.html"
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

clean:
	rm -rf $(VENV) $(VENV_DEV) build dist var runs .mypy_cache .ruff_cache .pytest_cache .coverage .coverage.*
