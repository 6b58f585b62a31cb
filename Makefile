# Makefile — every task by its name. `make` alone lists them.
# The work is in scripts/; each script explains itself with --help.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run build test vectors interop matrix bogo install examples bench lint format docs check clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Check for openssl and libgcrypt's headers; install them as root or print the command
	@scripts/setup

run: setup ## The main job: enumerate, select, configure, serve and connect, and say why; then openssl s_server
	swift run securesocket demo

build: setup ## Build the libraries and the command (debug)
	swift build

test: setup ## All tests, debug build; interop with the peers found here
	scripts/run-tests

vectors: setup ## The conformance suite: RFC 8448, own vectors, Wycheproof, cryptography-vectors; prints counts
	scripts/run-tests --filter ConformanceTests

interop: setup ## Both roles against the peers found here: openssl, GnuTLS, Go, NSS, JSSE, …; release build
	TESTS_LEFT_OUT=ConnectionTests scripts/run-tests -c release --filter InteropTests

matrix: setup ## Our client against our server in memory, every combination: a quarter of an hour; release build
	MATRIX=all TESTS_LEFT_OUT=ConnectionTests scripts/run-tests -c release --filter '^MatrixTests'

bogo: setup ## BoringSSL's TLS test-suite against both roles; BoGo/config.json says what is left out, and why
	scripts/run-bogo

install: setup ## The C interface below PREFIX: header, library with what it needs, pkg-config file
	scripts/install-winsock "$(PREFIX)"

examples: setup ## Build and run Examples/, the Swift ones and the C ones (gcc and clang)
	scripts/check examples

bench: setup ## Records against the same libgcrypt calls from C and against OpenSSL; allocations per record
	Benchmarks/run

lint: ## Formatter's rules, module graph, file lengths, citations, attacks, alerts, README's example
	scripts/check lint layers lengths citations attacks alerts links readme

format: ## Rewrite the Swift files in the project's style
	swift format format --in-place -r --parallel Package.swift Sources Tests Examples/Package.swift Examples/Sources

docs: setup ## Reference documentation into .build-docs/
	scripts/make-docs

check: setup ## What CI runs: all of the above but bench, and the sanitizers
	scripts/check

clean: ## Remove what was built
	rm -rf .build .build-* Examples/.build
