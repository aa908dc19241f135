# Thin names for what CMake presets and scripts do; `make help` lists them.

JOBS := $(shell nproc)
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.cc' '*.h' '*.c' | grep -v '^third_party/')
TIDY_SOURCES = $(filter %.cc,$(SOURCES))

.PHONY: help demo test build bench soak format lint clean bootstrap configure

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: configure ## MiniLM on a few hundred sentences, fp32 beside int8
	cmake --build --preset release --target run_model -j $(JOBS)
	apps/demo/run.sh

test: build ## build and run every test
	ctest --preset release --output-on-failure -j $(JOBS)

build: configure ## fetch what is missing, build the release preset
	cmake --build --preset release -j $(JOBS)

soak: build ## the long runs: memory flat over 100 loads and 2,000 shapes, many callers for minutes
	OCTET_SOAK=1 ctest --preset release -L 'soak|threads' --verbose

bench: build ## run the benchmarks
	@for bench in build/release/bin/*_bench; do echo "== $$bench"; "$$bench" || exit 1; done

format: ## clang-format the sources in place
	@command -v clang-format >/dev/null || { echo "make format needs: apt-get install -y clang-format"; exit 1; }
	clang-format -i $(SOURCES)

lint: configure ## clang-format and clang-tidy, nothing changed
	@command -v clang-format >/dev/null && command -v clang-tidy >/dev/null || \
	  { echo "make lint needs: apt-get install -y clang-format clang-tidy"; exit 1; }
	clang-format --dry-run -Werror $(SOURCES)
	printf '%s\n' $(TIDY_SOURCES) | xargs -P $(JOBS) -n 4 clang-tidy -p build/release --quiet

clean: ## remove build/ (the cache of third-party libraries and .venv stay)
	rm -rf build

bootstrap:
	@third_party/bootstrap

configure: bootstrap
	@mkdir -p build
	@cmake --preset release >build/.configure.log 2>&1 || { cat build/.configure.log; exit 1; }
