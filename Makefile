# Each target that builds or tests installs the tools that it needs into the user's cache; see scripts/setup.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help bench fuzz soak setup embed pin worker demo test format clippy modules docs deny native wasm lint fmt clean deploy

# Sources the environment for the command that follows.
BUILD_ENV = env=$$(scripts/setup --env build) && . "$$env" &&

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build, walk through one install in the terminal, and leave the three servers running
	@scripts/setup build
	@echo "Building the demo. The first build takes a few minutes and prints a line for each part."
	@$(BUILD_ENV) scripts/build-client && scripts/build-setup && scripts/build-worker && exec cargo run -q -p tests --bin demo

test: ## run every test; one step alone: scripts/test STEP, see docs/develop.md
	@scripts/test --system-packages

soak: ## load the Worker for ten minutes with installs, lists, calls and faults, then check that no token was lost
	@scripts/setup build
	@$(BUILD_ENV) scripts/build-worker && exec cargo run -q -p tests --bin soak

bench: ## measure the Worker and the button beside other libraries; writes docs/benchmarks.md
	@scripts/setup bench
	@env=$$(scripts/setup --env bench) && . "$$env" && scripts/build-client && scripts/build-worker && \
	  exec cargo run -q --profile harness -p bench -- $(PART)

fuzz: ## fuzz each parser with ten million inputs; about an hour
	@scripts/fuzz

setup: ## install all missing tools, and system packages with apt-get after naming them
	@scripts/setup --system-packages

embed: ## build the script for pages, the files that it loads, and the setup page; print the line that pins a page to the build
	@$(BUILD_ENV) scripts/build-client && scripts/build-setup

pin: ## add this build to git, so that pages pinned to it work after every later deployment
	@scripts/pin-client --keep

worker: ## build the Worker: build/worker/index.js and build/worker/index_bg.wasm
	@$(BUILD_ENV) scripts/build-worker

lint: ## rustfmt, clippy, import circles, rustdoc, cargo-deny
	@scripts/test format clippy modules docs deny

fmt: ## format the code
	@cargo fmt --all

deploy: ## build everything, check wrangler.toml, deploy to Cloudflare
	@scripts/check-deploy
	@$(BUILD_ENV) scripts/build-client && scripts/build-setup && scripts/build-worker && exec "$$WRANGLER" deploy

clean: ## remove everything that was built; the tools in the cache and the kept builds in www/embed stay
	@cargo clean
	@rm -rf build .wrangler

# The steps of `make test`.
format clippy modules docs deny native wasm:
	@scripts/test $@
