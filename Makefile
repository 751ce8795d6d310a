# SPDX-License-Identifier: GPL-2.0-only
#
# timerheap.  `make help` lists the targets.

KREL	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KREL)/build
O	:= $(CURDIR)/build

PREFIX	?= /usr/local
INCLUDEDIR ?= $(PREFIX)/include
UDEVDIR	?= /usr/lib/udev/rules.d
TMPFILESDIR ?= /usr/lib/tmpfiles.d
MODDIR	:= $(DESTDIR)/lib/modules/$(KREL)/updates
INSTALL	?= install

# Passed on by hand: what is exported would also reach the tests' own installs.
DIRS	= PREFIX=$(PREFIX) INCLUDEDIR=$(INCLUDEDIR) DESTDIR=$(DESTDIR)

.PHONY: all module library tools
all: module library tools

module: $(KDIR)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

$(KDIR):
	@echo "timerheap: no headers for kernel $(KREL) in $(KDIR);" \
		"on Debian: apt install linux-headers-$(KREL)" >&2
	@exit 1

library:
	$(MAKE) -C userlib O=$(O)

tools: library
	$(MAKE) -C tools O=$(O)

.PHONY: demo check check-fast check-all check-kernels check-model check-timerfd \
	lint fuzz
demo:
	@tests/deps build guest
	@$(MAKE) --no-print-directory -s tools
	tests/qemu/guest --cpus 2 $(O)/bin/timerheap-demo

check:
	@tests/check

check-fast:
	@tests/check --fast

check-all:
	@tests/check --all

check-kernels:
	@tests/kernels/check

check-model:
	@tests/model/check

check-timerfd:
	@tests/check timerfd timerfd-debug

# The simulation with seeds of its own each time.
.PHONY: soak-sim
soak-sim: SECONDS ?= 600
soak-sim:
	@tests/deps build unit
	@$(MAKE) --no-print-directory -s -C tests/engine O=$(O) \
		SOAK_SECONDS=$(SECONDS) soak

lint:
	@tests/deps lint
	@tests/lint

fuzz:
	@tests/fuzz/run $(SECONDS:%=--seconds %)

.PHONY: bench bench-host bench-compare
bench:
	@tests/bench/run $(BENCH)

bench-host:
	@tests/bench/run --modes host --output $(O)/bench-host.json $(BENCH)

bench-compare:
	@tests/bench/compare $(or $(A),$(error A= and B= are missing)) \
		$(or $(B),$(error A= and B= are missing))

# Each where it is there: a chroot or a container may lack any of them.
refresh = ! command -v depmod >/dev/null || depmod $(KREL); \
	ldconfig; \
	! command -v udevadm >/dev/null || udevadm control --reload || :

.PHONY: install uninstall
install: all
	$(INSTALL) -D -m 644 timerheap.ko $(MODDIR)/timerheap.ko
	$(INSTALL) -D -m 644 module/60-timerheap.rules \
		$(DESTDIR)$(UDEVDIR)/60-timerheap.rules
	$(INSTALL) -D -m 644 tools/timerheap.tmpfiles \
		$(DESTDIR)$(TMPFILESDIR)/timerheap.conf
	$(INSTALL) -D -m 644 uapi/linux/timerheap.h \
		$(DESTDIR)$(INCLUDEDIR)/linux/timerheap.h
	$(MAKE) -C userlib O=$(O) $(DIRS) install
	$(MAKE) -C tools O=$(O) $(DIRS) install
ifeq ($(DESTDIR),)
	getent group timerheap >/dev/null || groupadd --system timerheap
	$(refresh)
	! command -v systemd-tmpfiles >/dev/null || \
		systemd-tmpfiles --create timerheap.conf
endif

uninstall:
	$(RM) $(MODDIR)/timerheap.ko \
		$(DESTDIR)$(UDEVDIR)/60-timerheap.rules \
		$(DESTDIR)$(TMPFILESDIR)/timerheap.conf \
		$(DESTDIR)$(INCLUDEDIR)/linux/timerheap.h
	$(MAKE) -C userlib O=$(O) $(DIRS) uninstall
	$(MAKE) -C tools O=$(O) $(DIRS) uninstall
ifeq ($(DESTDIR),)
	! getent group timerheap >/dev/null || groupdel timerheap
	$(refresh)
endif

.PHONY: clean help
clean:
	$(RM) -r $(O) timerheap.ko timerheap.mod timerheap.mod.c timerheap.o \
		timerheap.mod.o .timerheap.* Module.symvers modules.order \
		.Module.symvers.cmd .modules.order.cmd
	$(RM) module/*.o module/.*.cmd

help:
	@echo 'make             the module for this kernel, the library, the tools'
	@echo 'make demo        a real workload in a guest with a stock kernel'
	@echo 'make check       the tests of each change; check-fast: those in seconds'
	@echo 'make check-all   also those of each release'
	@echo 'make soak-sim    the simulation, with new seeds, for SECONDS=600'
	@echo 'make check-kernels  the self-tests on each kernel that is supported'
	@echo 'make check-model  the protocol, searched by SPIN with barriers out'
	@echo 'make check-timerfd  what timerfd does, on its own and on timerheap'
	@echo 'make lint        W=1, sparse, checkpatch, clang-format'
	@echo 'make fuzz        libFuzzer in user space, SECONDS=60 a target'
	@echo 'make bench       timerheap beside other timers; BENCH=--quick: a part'
	@echo 'make bench-host  the same here, where the module is loaded'
	@echo 'make bench-compare A=old.json B=new.json'
	@echo 'make install     (as root) PREFIX=$(PREFIX), DESTDIR, KREL, UDEVDIR,'
	@echo '                 TMPFILESDIR'
	@echo 'make uninstall   what install put there'
	@echo 'make clean       what the others made in this tree'
	@echo
	@echo 'KDIR=...         the kernel to build the module for'
	@echo 'ACCEL=kvm        run guests on KVM rather than in emulation'
