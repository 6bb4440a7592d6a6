# `make` alone prints a list of the commands. Output goes below build/ and dist/; a file is built again only if its sources
# have changed. The work itself is in scripts/; this file has only the dependencies.
#   V=1   show the commands

SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
Q := $(if $(V),,@)
say = @printf '  %-6s %s\n'

BUN := scripts/bun
LIBRARIES := $(addprefix build/lib/,libz.so.1 libelf.so.1 libbpf.so.1)
OBJECTS := build/bpf/aod.bpf.o build/bpf/aod-plain.bpf.o
PAGE := build/report/page.js.txt build/report/style.css.txt
ASSETS := $(LIBRARIES) $(OBJECTS) build/lib/zstd-napi.so $(PAGE)
SOURCES := $(shell find src config -type f 2>/dev/null)
KERNEL ?= 6.12
CPU ?= max
# bpftool is in a folder that is only in root's PATH.
export PATH := $(PATH):/usr/sbin:/sbin

# Debian and npm packages that the build needs.
SETUP := node_modules/.setup

.PHONY: help setup build demo test check bench bench-short test-flaky e2e e2e-ci e2e-full e2e-service quality deb rpm release test-packages test-operator test-hostile reliability packaging gen fmt clean FORCE

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## install the Debian and npm packages that the build needs; lists them, asks once
	$(Q)scripts/setup.sh build

build: dist/aod ## dist/aod, one executable with everything that it needs inside

demo: dist/aod ## build, then show aod: real BPF programs, synthetic traffic
	$(Q)rm -rf build/demo
	$(Q)mkdir -p build
	$(Q)dist/aod demo build/demo

test: dist/aod ## all tests that this machine can run; the last line is the sum
	$(Q)$(BUN) scripts/test.ts all

check: $(ASSETS) ## types, lint, format, generated files, fast tests; without kernel and executable
	$(Q)$(BUN) scripts/test.ts fast

bench: dist/aod ## measure; prints a table and asserts nothing
	$(Q)$(BUN) test/bench/run.ts

bench-short: dist/aod ## each benchmark once with tiny sizes: does it still deliver figures
	$(Q)$(BUN) test/bench/run.ts --short

e2e: dist/aod ## a virtual machine with a real cifs mount and Samba: make e2e KERNEL=5.10, 6.1 or 6.12
	$(Q)scripts/guest/run.sh $(KERNEL) --cpu $(CPU) $(if $(ONLY),--only "$(ONLY)")

e2e-ci: dist/aod ## the same without the scenarios that scripts/guest/left-out.txt names for KERNEL
	$(Q)scripts/guest/run.sh $(KERNEL) --ci

e2e-full: dist/aod packaging ## every scenario on every kernel, the service, a quiet hour: three hours on two idle cores
	$(Q)$(BUN) scripts/guest/full.ts

quality: dist/aod ## try mounts and situations in a guest: rewrites fixtures and docs/quality.md for KERNEL
	$(Q)scripts/guest/run.sh $(KERNEL) --only "field:|situations:" --fixtures
	$(Q)node_modules/.bin/biome format --write --log-level=warn docs/quality test/cifs/fixtures
	$(Q)$(BUN) scripts/gen-docs.ts

e2e-service: dist/aod packaging ## aod as a service of a booted Debian, from installing its package to removing it
	$(Q)scripts/guest/run.sh $(KERNEL) --systemd

deb: packaging ## dist/aod_*.deb; two builds of one commit are the same bytes
	$(Q)rm -f dist/aod_*.deb
	$(Q)scripts/package/deb.sh dist

rpm: packaging ## dist/aod-*.rpm, likewise reproducible
	$(Q)rm -f dist/aod-*.rpm
	$(Q)scripts/package/rpm.sh dist

release: packaging ## packages, repositories for apt and dnf (signed with AOD_SIGNING_KEY), bare executable, SBOM, checksums
	$(Q)scripts/package/release.sh dist

test-packages: packaging ## install, upgrade and remove the packages, in file systems of their own; needs root
	$(Q)$(BUN) scripts/test.ts packages

test-operator: dist/aod ## what users see: the report in a browser, top in a terminal, metrics in Prometheus
	$(Q)scripts/setup.sh operator
	$(Q)$(BUN) scripts/test.ts operator

test-hostile: dist/aod ## what dist/aod survives: hostile users, full tables, lost folders, wrong clocks; needs root
	$(Q)scripts/setup.sh hostile
	$(Q)rm -f build/reliability/faults.jsonl
	$(Q)$(BUN) scripts/test.ts hostile
	$(Q)$(MAKE) --no-print-directory reliability

reliability: ## write the table of docs/reliability.md from what the last test-hostile recorded
	$(Q)$(BUN) scripts/gen-reliability.ts

test-flaky: $(ASSETS) ## tests of threads, races, time and chance, 50 times on one CPU and 50 on two busy ones: ROUNDS=50
	$(Q)$(BUN) scripts/flaky.ts $(or $(ROUNDS),50)

packaging: dist/aod
	$(Q)scripts/setup.sh packaging

gen: build/bpf/aod.bpf.o ## generate src/model/request.gen.ts from bpf/request.h, and tables in docs/ from the schemas
	$(Q)$(BUN) scripts/gen-request.ts
	$(Q)$(BUN) scripts/gen-docs.ts

fmt: | $(SETUP) ## format everything
	$(Q)node_modules/.bin/biome check --write --log-level=warn
	$(Q)find bpf test scripts -name '*.[ch]' -exec clang-format -i {} +

clean: ## remove all output; installed packages and downloads for the guest stay
	$(Q)rm -rf dist $(filter-out build/guest,$(wildcard build/*))

$(SETUP): package.json package-lock.json .npmrc scripts/packages-build.txt scripts/setup.sh
	$(Q)scripts/setup.sh build
	$(Q)touch $@

dist/aod: $(ASSETS) $(SOURCES) build/version build/parts.json scripts/build-aod.sh | $(SETUP)
	$(say) BUILD $@
	$(Q)scripts/build-aod.sh $@

# One run makes both files.
$(OBJECTS) &: $(wildcard bpf/*.h bpf/*.c) scripts/build-bpf.sh | $(SETUP)
	$(say) BPF build/bpf
	$(Q)mkdir -p $(@D)
	$(Q)scripts/build-bpf.sh

$(LIBRARIES): scripts/copy-library.sh scripts/weaken-glibc.ts | $(SETUP)
	$(say) COPY $@
	$(Q)mkdir -p $(@D)
	$(Q)scripts/copy-library.sh $@

build/lib/zstd-napi.so: scripts/build-zstd.sh package-lock.json | $(SETUP)
	$(say) CXX $@
	$(Q)mkdir -p $(@D)
	$(Q)scripts/build-zstd.sh $@

# One run makes both files.
$(PAGE) &: scripts/build-report.ts $(shell find src/report src/model -type f) | $(SETUP)
	$(say) PAGE $(@D)
	$(Q)$(BUN) scripts/build-report.ts $(@D)

# The list of parts inside the executable, with versions and licences. An unknown part is an error.
build/parts.json: $(ASSETS) $(SOURCES) package-lock.json $(wildcard scripts/package/part*.ts) | $(SETUP)
	$(Q)$(BUN) scripts/package/parts.ts $@

# Touched only if the version or the commit has changed.
build/version: FORCE
	$(Q)scripts/version.sh $@
