# SPDX-License-Identifier: Apache-2.0
# A thin front: everything real is in the CMake presets host, asan and firmware.
.PHONY: help demo test bench flash install uninstall clean tool firmware host lint campaign mutants

JOBS := $(shell nproc 2>/dev/null || echo 2)
FIRMWARE := build/firmware
# Configure quietly; a failure shows everything.
configure = cmake --preset $(1) $(2) >build/configure-$(1).log 2>&1 || { cat build/configure-$(1).log; exit 1; }
build = cmake --build --preset $(1) -j $(JOBS) $(2) >build/build-$(1).log 2>&1 || { cat build/build-$(1).log; exit 1; }

# Tests stay as they are in build/host, and off in a new one: who only wants firmware needs no cmocka.
host_tests = $(or $(shell sed -n 's/^BUILD_TESTING:[A-Z]*=//p' build/host/CMakeCache.txt 2>/dev/null),OFF)
# make firmware OTTER_KEY=my.pem [OTTER_KEY2=next.pub.pem] [OTTER_HARDWARE=...]; see cmake/signing.cmake and
# cmake/product.cmake. What is given goes to cmake, which keeps it; an empty value takes it back.
settings = OTTER_KEY OTTER_KEY2 OTTER_HARDWARE OTTER_P0_VERSION OTTER_PRODUCT_KEY OTTER_BOOT OTTER_RECOVERY_PIN
given = $(foreach name,$(settings),$(if $(filter-out undefined,$(origin $(name))),$(call setting,$(name))))
setting = $(if $($(1)),$(call quoted,-D$(1)=$($(1))),'-U$(1)')
quoted = '$(subst ','\'',$(1))'

help:
	@echo "make demo      server, daemon and a modelled STM32F103: from an uploaded .bin to the running device;"
	@echo "               KEEP=1: leave them running, with the console"
	@echo "make firmware  cross-compile and sign; OTTER_KEY=my.pem: not with the development key"
	@echo "make test      build everything and run all tests"
	@echo "make bench     measure; writes build/bench/results.json and results.md"
	@echo "make campaign  cut the power in every flash operation; hours of processor time"
	@echo "make mutants   put known faults into the sources; the tests must notice each"
	@echo "make lint      formatting and static analysis"
	@echo "make flash     write the factory image to a real board (openocd, ST-Link);"
	@echo "               PROTECT=1: then write-protect its bootloader, UNPROTECT=1: take that away first"
	@echo "make install   programs, man pages, finished bootloaders and the drop-in, as make firmware has built them;"
	@echo "               PREFIX=/usr/local, DESTDIR=; make uninstall takes them away again"
	@echo "make clean     remove build/; the development key stays, in keys/"

build:
	@mkdir -p build

tool: | build
	@scripts/need.sh build
	@echo "building the board model and the programs"
	@$(call configure,host,-DBUILD_TESTING=$(host_tests))
	@$(call build,host,--target otter-cli otter-cloud otter-module)

firmware: tool
	@echo "building the firmware (boot, pethouse 03010101 and 03010102)"
	@$(call configure,firmware,$(given))
	@$(call build,firmware,)
	@echo "signed with $$(cat $(FIRMWARE)/signed-with.txt)"
	@scripts/sizes.sh $(FIRMWARE)

demo: firmware
	@scripts/need.sh demo
	@scripts/demo.sh

# What `make test` compares with must be there before cmake looks for it.
test: host_needs := test cloud oracle debug
bench: host_needs := test cloud bench oracle debug
host_needs := test

host: firmware
	@scripts/need.sh $(host_needs)
	@echo "building the tests"
	@$(call configure,host,-DBUILD_TESTING=ON)
	@$(call build,host,)

test: host
	@scripts/run-tests.sh build/host

bench: host
	@scripts/bench.sh

campaign: host
	@scripts/campaign.sh
	@scripts/worn-board.sh
	@scripts/noise.sh
	@scripts/startup.sh
	@scripts/glitch.sh
	@scripts/kill.sh

mutants: host
	@scripts/run-mutants.sh

lint: host
	@scripts/need.sh lint
	@scripts/lint.sh

flash: firmware
	@[ -e $(FIRMWARE)/app/pethouse/factory.hex ] || \
		{ echo "make flash: no factory image: nothing is signed yet, see docs/signing.md" >&2; exit 1; }
	@scripts/need.sh flash
	@scripts/flash.sh $(if $(UNPROTECT),--unprotect) $(if $(PROTECT),--protect) $(FIRMWARE)/app/pethouse/factory.hex

# Builds nothing: this may be root.
PREFIX := /usr/local
install:
	@for file in build/host/cli/otter $(FIRMWARE)/boot/boot_any.bin; do [ -e $$file ] || \
		{ echo "make install: $$file: not there; make firmware builds it" >&2; exit 1; }; done
	@DESTDIR=$(call quoted,$(DESTDIR)) cmake --install build/host --prefix $(call quoted,$(PREFIX))

# What the last install has put there, and the folders that are empty then.
installed := build/host/install_manifest.txt
uninstall:
	@[ -e $(installed) ] || { echo "make uninstall: nothing was installed from here" >&2; exit 1; }
	@while read -r file || [ -n "$$file" ]; do \
		file=$(call quoted,$(DESTDIR))$$file; \
		rm -f "$$file" || exit 1; \
		rmdir -p --ignore-fail-on-non-empty "$${file%/*}" 2>/dev/null; \
	done <$(installed)
	@rm $(installed)

# Boards hold the public half of the development key, which once lived in build/.
clean:
	@[ -e keys/otter-dev-key.pem ] || [ ! -e build/otter-dev-key.pem ] || \
		{ mkdir -p -m 700 keys && cp -p build/otter-dev-key.pem keys/; }
	rm -rf build
