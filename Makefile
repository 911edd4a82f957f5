# windowpipe - every rule of the build; `make help` lists the targets.
#
# Objects go to build/ (build/san-… with SAN=), executables to bin/.  A change
# of compiler or flags rebuilds: every object depends on a stamp that holds them.
# Quiet, a line for each program; V=1 shows the commands.

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/windowpipe
CC      ?= cc
CFLAGS  ?= -O2 -g
PKG_CONFIG ?= pkg-config
VERSION := 0.1.0

# SAN=address,undefined (or thread) builds an instrumented twin beside.
SAN     ?=
comma   := ,
OUT     := build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
BIN     := $(if $(SAN),$(OUT)/bin,bin)

OUR_CPPFLAGS := -I. -D_GNU_SOURCE -DWINDOWPIPE_VERSION='"$(VERSION)"'
OUR_CFLAGS   := -std=c17 -Wall -Wextra -Wshadow -Wconversion \
    -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes \
    $(if $(WERROR),-Werror) \
    $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer \
    -fno-sanitize-recover=all)
OUR_LDFLAGS  := $(if $(SAN),-fsanitize=$(SAN))

# Asked only when something that needs them is compiled or linked.
AWS_NEEDS  = libcurl libcrypto expat zlib
AWS_CFLAGS = $$($(PKG_CONFIG) --cflags $(AWS_NEEDS))
AWS_LIBS   = $$($(PKG_CONFIG) --libs $(AWS_NEEDS))

# Who evaluates expressions links sql/, and the library of its patterns.
WITH_SQL := sql window windowpipe
SQL_LIBS  = -lpcre2-8

# windowpipe reads window's queries, which it writes as Flink's SQL.
WITH_WINDOW := windowpipe

LIB_SRC  := $(sort $(wildcard lib/*.c))
SQL_SRC  := $(sort $(wildcard sql/*.c))
AWS_SRC  := $(sort $(wildcard aws/*.c))
PURE     := $(patsubst %/main.c,%,$(wildcard \
    datagen/main.c window/main.c fanout/main.c windowpipe/main.c))
KINESIS  := $(patsubst %/main.c,%,$(wildcard \
    kinesis-put/main.c kinesis-get/main.c))
PROGRAMS := $(PURE) $(KINESIS)
objects   = $(patsubst %.c,$(OUT)/%.o,$(1))
src       = $(sort $(wildcard $(1)/*.c))
LIB       = $(OUT)/liball.a
SQL       = $(OUT)/libsql.a
AWS       = $(OUT)/libaws.a
WINDOW    = $(OUT)/libwindow.a

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# V=1 shows the commands, make -s not even the names.
Q    := $(if $(filter 1,$(V)),,@)
made  = $(if $(filter 1,$(V))$(findstring s,$(filter-out --%,$(firstword \
    -$(MAKEFLAGS)))),,@echo '  $@')

# Root in somebody's tree (sudo make) builds as its owner, whose next make could
# not write what root had made.  What is installed is root's, and stays so.
ROOTS := setup install uninstall clean-room
ifeq ($(MAKELEVEL),0)
OWNED := $(shell [ -O . ] || [ "$$(id -u)" != 0 ] || echo no)
endif

# All processors, where one thing is made and nobody says how many.
CORES := $(shell nproc)
ifeq ($(MAKELEVEL)$(OWNED)$(word 2,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(CORES)
endif

.PHONY: all run test unit bats lint fmt fuzz bench bench-flink arm64 install \
    uninstall \
    clean help setup clean-room force

ifneq ($(OWNED),no)

all: $(PROGRAMS:%=$(BIN)/%) ## build every program (default)

# --- compiling -------------------------------------------------------------

STAMP := $(OUT)/flags
FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(OUR_CPPFLAGS) $(OUR_CFLAGS)
$(STAMP): force
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || { \
	    echo '#include <stdio.h>' | $(CC) -E - >/dev/null 2>&1 || { \
	        echo >&2 'no C compiler that works is called $(CC);' \
	            'scripts/setup run installs what the build needs'; \
	        exit 1; }; \
	    printf '%s\n' '$(subst ','\'',$(FLAGS))' >$@; }
force:

define compile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(OUR_CPPFLAGS) $(OUR_CFLAGS) $(1) \
	    -MMD -MP -c -o $@ $<
endef

$(OUT)/aws/%.o: aws/%.c $(STAMP) | need-aws
	$(call compile,$(AWS_CFLAGS))
$(OUT)/kinesis-put/%.o: kinesis-put/%.c $(STAMP) | need-aws
	$(call compile,$(AWS_CFLAGS))
$(OUT)/kinesis-get/%.o: kinesis-get/%.c $(STAMP) | need-aws
	$(call compile,$(AWS_CFLAGS))
$(OUT)/%.o: %.c $(STAMP)
	$(call compile)

$(OUT)/sql/pattern.o: | need-pcre2
.PHONY: need-pcre2
need-pcre2:
	@echo '#include <pcre2.h>' | $(CC) $(CPPFLAGS) -DPCRE2_CODE_UNIT_WIDTH=8 \
	    -E - >/dev/null 2>&1 || { echo >&2 "window needs PCRE2;" \
	    "scripts/setup run or apt-get install libpcre2-dev"; exit 1; }

# Of all programs the others are complete before this says what is missing; one
# that is asked for alone needs none of theirs.
.PHONY: need-aws
need-aws: | $(if $(filter all,$(or $(MAKECMDGOALS),all)),$(PURE:%=$(BIN)/%))
	@$(PKG_CONFIG) --exists $(AWS_NEEDS) || { echo >&2 \
	    "kinesis-put and kinesis-get need libcurl, OpenSSL, expat, zlib;" \
	    "scripts/setup run or apt-get install pkg-config" \
	    "libcurl4-openssl-dev libssl-dev libexpat1-dev zlib1g-dev"; \
	    exit 1; }

$(LIB): $(call objects,$(LIB_SRC))
	@rm -f $@
	$(Q)ar rcs $@ $^
$(SQL): $(call objects,$(SQL_SRC))
	@rm -f $@
	$(Q)ar rcs $@ $^
$(AWS): $(call objects,$(AWS_SRC))
	@rm -f $@
	$(Q)ar rcs $@ $^
$(WINDOW): $(filter-out %/main.o,$(call objects,$(call src,window)))
	@rm -f $@
	$(Q)ar rcs $@ $^

define pure_program
$$(BIN)/$(1): $$(call objects,$$(call src,$(1))) \
    $$(if $$(filter $(WITH_WINDOW),$(1)),$$(WINDOW)) \
    $$(if $$(filter $(WITH_SQL),$(1)),$$(SQL)) $$(LIB)
	@mkdir -p $$(@D)
	$$(made)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $$(OUR_LDFLAGS) -o $$@ $$^ $$(LDLIBS) \
	    $$(if $$(filter $(WITH_SQL),$(1)),$$(SQL_LIBS)) -lm
endef
$(foreach p,$(PURE),$(eval $(call pure_program,$(p))))

define kinesis_program
$$(BIN)/$(1): $$(call objects,$$(call src,$(1))) $$(AWS) $$(LIB)
	@mkdir -p $$(@D)
	$$(made)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $$(OUR_LDFLAGS) -o $$@ $$^ $$(LDLIBS) \
	    $$(AWS_LIBS) -lm
endef
$(foreach p,$(KINESIS),$(eval $(call kinesis_program,$(p))))

# --- tests -----------------------------------------------------------------
# A unit test is tests/unit/<folder>_<module>.c; it links all of lib/, and the
# objects of its folder but main.o.

UNIT := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/*_*.c)))
folder_of = $(firstword $(subst _, ,$(1)))
define unit_test
$$(OUT)/tests/unit/$(1): $$(OUT)/tests/unit/$(1).o \
    $$(filter-out %/main.o,$$(if $$(filter-out lib sql aws,$$(call \
    folder_of,$(1))),$$(call objects,$$(call src,$$(call folder_of,$(1)))))) \
    $$(if $$(filter $(WITH_WINDOW),$$(call folder_of,$(1))),$$(WINDOW)) \
    $$(if $$(filter $(WITH_SQL),$$(call folder_of,$(1))),$$(SQL)) \
    $$(if $$(filter aws $(KINESIS),$$(call folder_of,$(1))),$$(AWS)) $$(LIB)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $$(OUR_LDFLAGS) -o $$@ $$^ $$(LDLIBS) \
	    -lcmocka $$(if $$(filter aws $(KINESIS),$$(call \
	    folder_of,$(1))),$$(AWS_LIBS)) $$(if $$(filter $(WITH_SQL),$$(call \
	    folder_of,$(1))),$$(SQL_LIBS)) -lm
endef
$(foreach t,$(UNIT),$(eval $(call unit_test,$(t))))

# Programs that bats files drive: tests/tools/NAME.c, with lib/, sql/ and aws/.
TOOLS := $(patsubst tests/tools/%.c,$(OUT)/tests/tools/%,$(sort $(wildcard \
    tests/tools/*.c)))
$(TOOLS): $(OUT)/tests/tools/%: $(OUT)/tests/tools/%.o $(AWS) $(SQL) $(LIB)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(OUR_LDFLAGS) -o $@ $^ $(LDLIBS) \
	    $(AWS_LIBS) $(SQL_LIBS) -lm

# What bats files preload: tests/preload/NAME.c, on the C library alone.
PRELOAD := $(patsubst tests/preload/%.c,$(OUT)/tests/preload/%.so,$(sort \
    $(wildcard tests/preload/*.c)))
$(PRELOAD): $(OUT)/tests/preload/%.so: tests/preload/%.c \
    $(wildcard tests/preload/*.h) $(STAMP) | need-aws
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(OUR_CPPFLAGS) $(filter-out \
	    -fsanitize%,$(OUR_CFLAGS)) $(AWS_CFLAGS) -fPIC -shared -o $@ $<

# What make bench measures with: tests/bench/NAME.c, the C library alone, and
# the server that two of them are.
BENCH := $(patsubst tests/bench/%.c,$(OUT)/tests/bench/%,$(sort $(wildcard \
    tests/bench/*.c)))
$(BENCH): $(OUT)/tests/bench/%: $(OUT)/tests/bench/%.o \
    $(OUT)/tests/bench/server/server.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(OUR_LDFLAGS) -o $@ $^ $(LDLIBS)

# A fuzz target is tests/fuzz/fuzz_<name>.c; it links lib/ and the folders that
# FUZZ_FOLDERS_<name> lists, with replay.c, which runs it over its corpus, or,
# under make fuzz, with clang's libFuzzer.
FUZZ := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_FOLDERS_aws     := aws
FUZZ_FOLDERS_config  := aws
FUZZ_FOLDERS_csv     := window sql
FUZZ_FOLDERS_datagen := datagen
FUZZ_FOLDERS_get     := kinesis-get aws
FUZZ_FOLDERS_job     := windowpipe sql
FUZZ_FOLDERS_like    := datagen
FUZZ_FOLDERS_options := windowpipe sql
FUZZ_FOLDERS_sql     := sql
FUZZ_FOLDERS_spool   := kinesis-put aws
FUZZ_FOLDERS_kinesis := kinesis-put aws
FUZZ_FOLDERS_reader  := window sql
FUZZ_FOLDERS_state   := window sql
FUZZ_ENGINE = $(OUT)/tests/fuzz/replay.o
define fuzz_target
$$(OUT)/tests/fuzz/$(1): $$(OUT)/tests/fuzz/$(1).o $$(FUZZ_ENGINE) \
    $$(filter-out %/main.o,$$(foreach f,$$(FUZZ_FOLDERS_$(1:fuzz_%=%)),$$(call \
    objects,$$(call src,$$(f))))) \
    $$(if $$(filter $(WITH_WINDOW),$$(FUZZ_FOLDERS_$(1:fuzz_%=%))),$$(WINDOW)) \
    $$(LIB)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $$(OUR_LDFLAGS) -o $$@ $$^ $$(LDLIBS) \
	    $$(if $$(filter aws $(KINESIS),$$(FUZZ_FOLDERS_$(1:fuzz_%=%))),\
	    $$(AWS_LIBS)) $$(if $$(filter sql,$$(FUZZ_FOLDERS_$(1:fuzz_%=%))),\
	    $$(SQL_LIBS)) $$(FUZZ_LIBS) -lm
endef
$(foreach t,$(FUZZ),$(eval $(call fuzz_target,$(t))))

unit-tests: $(UNIT:%=$(OUT)/tests/unit/%) $(TOOLS) $(PRELOAD) $(BENCH) \
    $(FUZZ:%=$(OUT)/tests/fuzz/%)
fuzz-targets: $(FUZZ:%=$(OUT)/tests/fuzz/%)
.PHONY: unit-tests fuzz-targets

# What it learns goes to build/corpus, what breaks a target into the tree's
# corpus, which make test replays.  All targets run, whichever fail.
# With FUZZ_SEED it tries the same inputs each time.
FUZZ_SECONDS ?= 60
FUZZ_SEED ?= 0
FUZZ_RUN = build/san-fuzzer-no-link-address-undefined/tests/fuzz
fuzz: ## fuzz every parser for FUZZ_SECONDS each, with clang (T=name for one)
	@scripts/setup fuzz
	@$(MAKE) CC=clang CFLAGS='-O1 -g' SAN=fuzzer-no-link,address,undefined \
	    FUZZ_ENGINE= FUZZ_LIBS=-fsanitize=fuzzer fuzz-targets
	$(Q)failed=; for t in $(or $(T:%=fuzz_%),$(FUZZ)); do \
	    c=corpus/$${t#fuzz_}; mkdir -p build/$$c tests/fuzz/$$c; echo "  $$t"; \
	    $(FUZZ_RUN)/$$t -max_total_time=$(FUZZ_SECONDS) -seed=$(FUZZ_SEED) \
	        -print_final_stats=1 -close_fd_mask=2 -artifact_prefix=tests/fuzz/$$c/ \
	        build/$$c tests/fuzz/$$c || \
	        { failed="$$failed $$t"; echo "  $$t FAILED"; }; \
	done; [ -z "$$failed" ] || \
	    { echo "failed:$$failed; what breaks each is in tests/fuzz/corpus"; exit 1; }

bench: all $(BENCH) ## measure against other tools (SIZE=small, G=group)
	tests/bench/get-duckdb build/duckdb
	BIN=$(abspath $(BIN)) TOOLS=$(abspath $(OUT)/tests/bench) \
	    tests/bench/run --size $(or $(SIZE),full) $(G)

# What reads bytes by blocks, as arm64: needs gcc-aarch64-linux-gnu, qemu-user.
ARM64 := $(addprefix build/arm64/tests/fuzz/fuzz_,json lines floating timestamp)
arm64: ## the readers' corpus on an emulated arm64
	$(Q)$(MAKE) CC=aarch64-linux-gnu-gcc LDFLAGS=-static OUT=build/arm64 $(ARM64)
	$(Q)for t in $(ARM64); do \
	    qemu-aarch64 $$t tests/fuzz/corpus/$${t##*fuzz_} || exit; done

bench-flink: all $(BENCH) ## beside Apache Flink: 5 min, a JDK, Maven (README=1)
	BIN=$(abspath $(BIN)) TOOLS=$(abspath $(OUT)/tests/bench) \
	    tests/bench/run --size $(or $(SIZE),full) --out build/bench-flink flink
	$(if $(README),tests/bench/run --readme --out build/bench-flink)

run: ## set up, build, and run the sample against a local Kinesis (FOR=60s)
	@scripts/setup run
	@$(MAKE) all
	$(Q)$(BIN)/windowpipe run examples/windowing.sql --local \
	    --for $(or $(FOR),60s)

test: ## set up, build, and run every test (T=files, F=name filter, SAN=…)
	@scripts/setup test
	@$(MAKE) all
	@echo '  $(words $(UNIT) $(TOOLS) $(BENCH) $(FUZZ)) programs for the tests'
	@$(MAKE) unit-tests
	$(Q)BIN=$(abspath $(BIN)) UNIT=$(abspath $(OUT)/tests/unit) tests/run \
	    $(T:%=--only '%') $(if $(F),--filter '$(F)')

unit: unit-tests ## run the unit tests alone
	$(Q)UNIT=$(abspath $(OUT)/tests/unit) tests/run --only tests/unit

bats: all $(TOOLS) $(PRELOAD) $(BENCH) ## run the bats tests alone
	$(Q)BIN=$(abspath $(BIN)) UNIT=$(abspath $(OUT)/tests/unit) tests/run \
	    --only tests/bats

lint: ## layers, headers, shell scripts, format
	@scripts/lint

fmt: ## rewrite the C files as .clang-format has it
	clang-format -i $(wildcard lib/*.[ch] sql/*.[ch] aws/*.[ch] datagen/*.[ch] \
	    window/*.[ch] kinesis-put/*.[ch] kinesis-get/*.[ch] fanout/*.[ch] \
	    windowpipe/*.[ch] \
	    tests/unit/*.[ch] \
	    tests/tools/*.[ch] tests/preload/*.[ch] \
	    tests/fuzz/*.[ch] tests/bench/*.[ch])

clean: ## remove bin/ and build/
	rm -rf bin build

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | \
	    awk -F '\t' '{ printf "  %-12s %s\n", $$1, $$2 }'

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

else # OWNED

SETUP_run  := run
SETUP_test := test
SETUP_fuzz := fuzz
GOALS := $(filter-out $(ROOTS),$(sort all $(MAKECMDGOALS)))
.PHONY: $(GOALS)
$(GOALS):
	@$(if $(SETUP_$@),scripts/setup $(SETUP_$@))
	@MAKEFLAGS='$(subst ','\'',$(filter-out -j% --jobserver%,$(MAKEFLAGS)))' \
	    scripts/setup as-owner $(MAKE) -j$(CORES) $@

endif # OWNED

# --- installing ------------------------------------------------------------

# What windowpipe looks for in PREFIX/share/windowpipe.
SHARED = $(patsubst windowpipe/%,%,$(wildcard windowpipe/package/* \
    $(addprefix windowpipe/python/pyflink/,*.py */*.py)))

install: all ## install programs and man pages (PREFIX, DESTDIR)
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 \
	    $(DESTDIR)$(MANDIR)/man7
	install -m 755 $(PROGRAMS:%=$(BIN)/%) $(DESTDIR)$(BINDIR)
	install -m 644 $(wildcard man/*.1) $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(wildcard man/*.7) $(DESTDIR)$(MANDIR)/man7
	for f in $(SHARED); do \
	    install -D -m 644 windowpipe/$$f $(DESTDIR)$(DATADIR)/$$f || exit; done

uninstall: ## remove what install put there
	rm -f $(PROGRAMS:%=$(DESTDIR)$(BINDIR)/%) \
	    $(patsubst man/%,$(DESTDIR)$(MANDIR)/man1/%,$(wildcard man/*.1)) \
	    $(patsubst man/%,$(DESTDIR)$(MANDIR)/man7/%,$(wildcard man/*.7))
	rm -rf $(DESTDIR)$(DATADIR)/python $(DESTDIR)$(DATADIR)/package

setup: ## install what the build, the tests and the local Kinesis need
	@scripts/setup

clean-room: ## both commands on bare Debians, as root (R=bookworm, WHO=root)
	scripts/clean-room $(R)
