# Each target does its own setting-up. Tools go to the user's cache; see scripts/setup.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help bench fuzz soak setup embed pin worker demo test format clippy docs deny native wasm lint fmt clean deploy

# Sources the environment before the command that follows.
BUILD_ENV = env=$$(scripts/setup --env build) && . "$$env" &&

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build what is missing, walk through one install, leave three origins running
	@scripts/setup build
	@$(BUILD_ENV) scripts/build-client && scripts/build-setup && scripts/build-worker && exec cargo run -q -p tests --bin demo

test: ## every test there is, as CI runs them; one step alone: scripts/test STEP
	@scripts/test

soak: ## ten minutes of installs, lists and calls by the worker, with faults; then the books are checked
	@scripts/setup build
	@$(BUILD_ENV) scripts/build-worker && exec cargo run -q -p tests --bin soak

bench: ## the edge and the embed beside what people would pick instead; writes docs/benchmarks.md
	@scripts/setup bench
	@env=$$(scripts/setup --env bench) && . "$$env" && scripts/build-client && scripts/build-worker && \
	  exec cargo run -q --profile harness -p bench -- $(PART)

fuzz: ## ten million inputs that look for trouble, for each parser; about an hour
	@scripts/fuzz

setup: ## install all tools that are missing
	@scripts/setup

embed: ## build the script for pages, the files that it loads, and the setup page; print the line that pins a page to the build
	@$(BUILD_ENV) scripts/build-client && scripts/build-setup

pin: ## put this build into git, so that pages pinned to it find it after every later deployment
	@scripts/pin-client --keep

worker: ## build the Worker: build/worker/index.js and build/worker/index_bg.wasm
	@$(BUILD_ENV) scripts/build-worker

lint: ## rustfmt, clippy, rustdoc, cargo-deny
	@scripts/test format clippy docs deny

fmt: ## format the code
	@cargo fmt --all

deploy: ## build everything, check wrangler.toml, deploy to Cloudflare
	@scripts/check-deploy
	@$(BUILD_ENV) scripts/build-client && scripts/build-setup && scripts/build-worker && exec "$$WRANGLER" deploy

clean: ## remove what was built; the tools in the cache stay, and so do the builds in www/embed
	@cargo clean
	@rm -rf build .wrangler

# The steps of `make test`.
format clippy docs deny native wasm:
	@scripts/test $@
