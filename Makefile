# The front door. CI runs the same targets.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup ready demo test test-jars test-parser test-axe test-fast coverage load load-full evaluate prove prove-red soak lint up down status documents docs docs-serve lock jars-sums clean ci

BIN := .venv/bin
SETUP := bash infra/local/setup.sh
INSTALLED := test -x $(BIN)/tutti || { echo "tutti is not installed here: run make setup." >&2; exit 1; }
# From a shell with another environment active, Python would look there.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## check this machine, then install what is missing into this checkout
	@$(SETUP)

# As setup, but a used port is only noted: tests take free ones.
ready:
	@$(SETUP) --ports=warn

demo: setup ## set up, then show a running consultation (DEMO_SECONDS=n ends it)
	@$(BIN)/tutti demo

PARALLEL_TESTS := $(BIN)/python -m pytest -n auto --dist loadfile

# Java is started often and runs shortly: its second compiler would cost a start 20 s of CPU.
SHORT_JAVA := JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1

# Most tests of a stack share one, and come one after the other; those that start a stack of their own
# follow, for a stack costs while it only waits. Those without a stack run meanwhile and give way.
# Linux shares its time by session first, then by nice: so they have a session of their own.
GIVING_WAY := setsid sh -c '{ echo 10 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 15 "$$@"' sh
SHARED_STACK_TESTS := $(SHORT_JAVA) $(BIN)/python -m pytest -m "stack and not alone and not prove"
ALONE_TESTS := $(SHORT_JAVA) $(BIN)/python -m pytest -m "alone and not prove"
OTHER_TESTS := $(SHORT_JAVA) $(GIVING_WAY) $(PARALLEL_TESTS) -m "not stack and not prove" --durations=20

test: ready test-jars test-parser test-axe ## set up, then check the code and run every test but those of prove
	@$(MAKE) --no-print-directory lint & lint=$$!; \
	$(OTHER_TESTS) >build/test-others.log 2>&1 & others=$$!; \
	trap "kill $$lint $$others" INT TERM; \
	echo "tests without a stack run meanwhile: build/test-others.log"; \
	$(SHARED_STACK_TESTS); shared=$$?; $(ALONE_TESTS); alone=$$?; \
	wait $$others; others=$$?; wait $$lint; lint=$$?; cat build/test-others.log; \
	exit $$((shared | alone | others | lint))

# Not a part of setup: users do not need it. Where it cannot be fetched, its test is skipped.
test-jars: ready ## fetch the JDBC driver that one test uses (12 MB)
	@test -f build/test-jars/clickhouse-jdbc.jar || timeout 300 mvn -B -ntp -q \
		-f tests/infra/chdb_http/java/pom.xml -Djars.dir=$(CURDIR)/build/test-jars package \
		|| echo "test-jars: the JDBC driver could not be fetched; its test is skipped." >&2

# As the driver: without it, or without Node.js, its tests are skipped.
PARSER := tests/schemas/asyncapi
test-parser: ready ## fetch AsyncAPI's own parser, which two tests ask (54 MB)
	@test build/asyncapi/node_modules/.package-lock.json -nt $(PARSER)/package-lock.json || { \
		mkdir -p build/asyncapi && cp $(PARSER)/package.json $(PARSER)/package-lock.json build/asyncapi && \
		timeout 300 npm ci --prefix build/asyncapi --ignore-scripts --no-audit --no-fund --silent; } \
		|| echo "test-parser: AsyncAPI's parser could not be fetched; its tests are skipped." >&2

# As the parser: without it, tests that ask it about a page are skipped.
AXE := tests/axe_core
test-axe: ready ## fetch axe-core, which tests ask whether pages are for everybody (3 MB)
	@test build/axe/node_modules/.package-lock.json -nt $(AXE)/package-lock.json || { \
		mkdir -p build/axe && cp $(AXE)/package.json $(AXE)/package-lock.json build/axe && \
		timeout 300 npm ci --prefix build/axe --ignore-scripts --no-audit --no-fund --silent; } \
		|| echo "test-axe: axe-core could not be fetched; tests that ask it are skipped." >&2

test-fast: ready ## the tests that start no whole stack (some start a ClickHouse or a Redis)
	$(PARALLEL_TESTS) -m "not stack and not prove"

coverage: ready ## which statements the tests without a stack leave out
	$(PARALLEL_TESTS) --cov --cov-report=term-missing -m "not stack and not prove"

LOADTESTS := $(BIN)/python -m loadtests

load: ready ## measure throughput and freshness on a stack of its own (15 minutes)
	$(LOADTESTS) bulk steady --votes 500000 --runs 5
	$(LOADTESTS) run steady --rate 5000 --seconds 60 --runs 5

# What docs/performance.md says. The heap holds every ballot of a command: some GB of memory.
load-full: ready ## the measurements of docs/performance.md, and that page (an hour, 20 GB of memory)
	TUTTI_FLINK_HEAP_MB=15000 $(LOADTESTS) bulk steady --votes 2000000 --warm-up 500000 --runs 5 --save
	$(LOADTESTS) run steady --rate 5000 --seconds 60 --runs 5 --save
	TUTTI_FLINK_HEAP_MB=8192 $(LOADTESTS) run steady --rate 15000 --seconds 60 --runs 5 --save
	for workload in peak hot hostile; do \
		TUTTI_FLINK_HEAP_MB=4096 $(LOADTESTS) run $$workload --seconds 60 --runs 5 --save || exit 1; \
	done
	TUTTI_FLINK_HEAP_MB=15000 $(LOADTESTS) capacity steady --save
	TUTTI_FLINK_HEAP_MB=15000 $(LOADTESTS) replay weeuropeans --save
	$(LOADTESTS) report

# Without a stack. Clusters need the labelled texts of ../shared/data; semantics takes a stack.
evaluate: ready ## measure signals, clusters, opinion groups and the encoder; writes docs/signals.md
	$(BIN)/python -m loadtests.evaluation signals
	$(BIN)/python -m loadtests.evaluation clusters
	$(BIN)/python -m loadtests.evaluation groups
	$(BIN)/python -m loadtests.evaluation encoder

# Faults follow one another on one stack: their ballots need more heap than is set by default.
prove: export TUTTI_FLINK_HEAP_MB ?= 6144
prove: ready ## every fault on real processes under load, the long tests; writes docs/faults.md
	rm -f tests/faults/results/faults.jsonl
	$(BIN)/python -m pytest -ra -m prove --timeout 3600; status=$$?; PYTHONPATH=tests $(BIN)/python -m faults.report && exit $$status

prove-red: ready ## take one protection away at a time: do the tests notice?
	rm -f tests/faults/results/red.jsonl
	PYTHONPATH=tests $(BIN)/python -m faults.red; status=$$?; PYTHONPATH=tests $(BIN)/python -m faults.report; exit $$status

soak: ready ## a random walk of faults (SEED=n MINUTES=n)
	PYTHONPATH=tests $(BIN)/python -m faults.soak $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

lint: ready ## style, types and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

up: setup ## start the stack
	@$(BIN)/tutti up

# Not after setup: what runs can be stopped also when a check fails.
down: ## stop the stack; its data stays
	@$(INSTALLED)
	@$(BIN)/tutti down

status: ## what runs, and how far it is
	@$(INSTALLED)
	@$(BIN)/tutti status

documents: ## write the generated documents anew: reference pages, diagram of the flow, AsyncAPI
	$(BIN)/python -m docs.generate

# The theme warns of a MkDocs 2 that is not installed here: docs/decisions, "The site is built by …".
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs

docs: ready ## build the documentation site into build/site: its index.html can be opened as a file
	$(MKDOCS) build --strict

docs-serve: ready ## show the site on port 8000 while its pages are written
	$(MKDOCS) serve --dev-addr 127.0.0.1:8000

# --universal: one lock file for Python 3.11 and 3.12. No addresses: pip's own configuration has them.
LOCK := ../build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links $(LOCK_FLAGS)

lock: ready ## resolve requirements/*.in anew (LOCK_FLAGS=--upgrade raises versions)
	cd requirements && $(LOCK) build.in -o build.lock && $(LOCK) -c build.lock runtime.in -o runtime.lock
	cd requirements && $(LOCK) dev.in -o dev.lock && $(LOCK) installer.in -o installer.lock
	cd requirements && $(LOCK) --no-deps model.in -o model.lock

jars-sums: ## write infra/jars/SHA256SUMS anew after a change of its pom.xml
	rm -rf build/jars-new
	mvn -B -ntp -q -f infra/jars/pom.xml -Djars.dir=$(CURDIR)/build/jars-new package
	cd build/jars-new && LC_ALL=C sha256sum flink/*.jar kafka/*.jar > $(CURDIR)/infra/jars/SHA256SUMS
	rm -rf build/jars-new

clean: ## remove build, .venv and caches; the data in var stays
	@$(SETUP) clean

ci: ## as test, without a terminal
	@CI=true $(MAKE) --no-print-directory test </dev/null
