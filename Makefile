# Thin names for what CMake presets and scripts do; `make help` lists them.

JOBS := $(shell nproc)
PREFIX ?= /usr/local
PACKAGE := octet-$(shell sed -n 's/^project.octet VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)-linux-x86_64
# octet.h keeps the comments of fields beside them, at 126 columns.
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.cc' '*.h' '*.hpp' '*.c' | grep -v '^third_party/\|/octet\.h$$')
TIDY_SOURCES = $(filter %.cc,$(SOURCES))

.PHONY: help demo test conformance operators build bench soak fuzz fuzz-smoke build-fuzz install package test-package docs format lint clean bootstrap configure configure-package wheel test-wheel test-python-extras

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: configure ## MiniLM on a few hundred sentences, fp32 beside int8
	cmake --build --preset release --target run_model -j $(JOBS)
	apps/demo/run.sh

test: build ## build and run every test
	ctest --preset release --output-on-failure -j $(JOBS)

build: configure ## fetch what is missing, build the release preset
	cmake --build --preset release -j $(JOBS)

conformance: configure ## the official cases of the pip package onnx; fails where one passes no more
	cmake --build --preset release --target run_model -j $(JOBS)
	.venv/bin/python -B tests/conformance/onnx_cases.py build/release/bin/run_model build/onnx-cases --jobs $(JOBS)

operators: configure ## docs/operators.md anew, from the tables and the official cases
	cmake --build --preset release --target operators -j $(JOBS)

soak: build ## the long runs: memory flat over 100 loads and 2,000 shapes, many callers for minutes
	OCTET_SOAK=1 ctest --preset release -L 'soak|threads' --verbose

bench: build ## run the benchmarks
	@for bench in build/release/bin/*_bench; do echo "== $$bench"; "$$bench" || exit 1; done

FUZZ_SECONDS ?= 1800
FUZZ_TARGETS := model_bytes graph

fuzz: build-fuzz ## FUZZ_SECONDS (1800) of each fuzz target; crashes, minimised, land in build/fuzz/crashes
	@for target in $(FUZZ_TARGETS); do tests/fuzz/run.sh build/fuzz $$target $(FUZZ_SECONDS) || exit 1; done

fuzz-smoke: build-fuzz ## the same 100,000 models and 1,000 graphs each time, about a minute each
	tests/fuzz/run.sh build/fuzz model_bytes --mutations 100000
	tests/fuzz/run.sh build/fuzz graph --mutations 1000

build-fuzz: bootstrap
	@command -v clang++-19 >/dev/null || { echo "make fuzz needs: apt-get install -y clang-19 libclang-rt-19-dev"; exit 1; }
	@mkdir -p build && cmake --preset fuzz >build/.configure-fuzz.log 2>&1 || { cat build/.configure-fuzz.log; exit 1; }
	cmake --build --preset fuzz -j $(JOBS)

install: build ## into PREFIX (/usr/local): library, headers, run_model
	cmake --install build/release --prefix "$(abspath $(PREFIX))"

package: configure-package ## build/octet-VERSION-linux-x86_64.tar.gz, with oneDNN inside and liboctet.a
	cmake --build --preset package --target octet octet_static run_model -j $(JOBS)
	rm -rf build/package/stage
	cmake --install build/package --prefix "$(abspath build/package/stage/$(PACKAGE))" --strip
	cmake -E chdir build/package/stage cmake -E tar cz ../../$(PACKAGE).tar.gz $(PACKAGE)
	@ls -l build/$(PACKAGE).tar.gz

test-package: configure-package ## the packaging tests on what `make package` ships
	cmake --build --preset package --target octet_packaging -j $(JOBS)
	ctest --preset package -L packaging -j $(JOBS)

# auditwheel finds the oldest platform that the wheel runs on, and names it so.
wheel: configure-package ## build/wheel/octet-VERSION-*.whl of Python's octet, with oneDNN inside
	rm -rf build/wheel
	.venv/bin/python -m pip wheel . --no-input --disable-pip-version-check --no-build-isolation --no-deps -w build/wheel/plain \
	  -C build-dir=build/wheel-build -C cmake.define.OCTET_RUN_BOOTSTRAP=OFF -C cmake.define.OCTET_PATHS_FILE=third_party/paths-package.cmake
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/auditwheel repair -w build/wheel build/wheel/plain/*.whl
	@ls -l build/wheel/*.whl

test-wheel: wheel ## the wheel in a clean virtual environment: the README's example on MiniLM
	apps/python/try_wheel.sh build/wheel/*.whl

EXTRAS_PYTHON ?= $(OCTET_PEERS_PYTHON)
test-python-extras: build ## Python's octet beside torch, torchao and onnxruntime: EXTRAS_PYTHON=a Python that has them
	@[ -n "$(EXTRAS_PYTHON)" ] || { echo "make test-python-extras EXTRAS_PYTHON=DIR/bin/python: a virtual environment of" \
	  "Python $$(.venv/bin/python -c 'import sys; print(*sys.version_info[:2], sep=".")') with pip install numpy onnx onnxruntime torch torchao"; exit 1; }
	PYTHONPATH=$(CURDIR)/build/release/python:$(CURDIR)/tests/python OCTET_TEST_MODELS=$(CURDIR)/build/release/tests/models \
	  $(EXTRAS_PYTHON) -B -m unittest discover -s tests/python/extras -p '*_test.py' -v

docs: ## the reference of the C and C++ interfaces, in build/docs/html
	@command -v doxygen >/dev/null || { echo "make docs needs: apt-get install -y doxygen"; exit 1; }
	@mkdir -p build/docs
	doxygen runtime/api/Doxyfile

format: ## clang-format the sources in place
	@command -v clang-format >/dev/null || { echo "make format needs: apt-get install -y clang-format"; exit 1; }
	clang-format -i $(SOURCES)

lint: configure ## clang-format and clang-tidy, nothing changed
	@command -v clang-format >/dev/null && command -v clang-tidy >/dev/null || \
	  { echo "make lint needs: apt-get install -y clang-format clang-tidy"; exit 1; }
	clang-format --dry-run -Werror $(SOURCES)
	printf '%s\n' $(TIDY_SOURCES) | xargs -P $(JOBS) -n 4 clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option

clean: ## remove build/ (the cache of third-party libraries and .venv stay)
	rm -rf build

bootstrap:
	@third_party/bootstrap

configure: bootstrap
	@mkdir -p build
	@cmake --preset release >build/.configure.log 2>&1 || { cat build/.configure.log; exit 1; }

# oneDNN from source takes long to build, once per machine.
configure-package:
	@OCTET_ONEDNN=source OCTET_PATHS_FILE=third_party/paths-package.cmake third_party/bootstrap
	@mkdir -p build
	@cmake --preset package >build/.configure-package.log 2>&1 || { cat build/.configure-package.log; exit 1; }
