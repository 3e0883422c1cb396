# SPDX-License-Identifier: MIT
#
# handgrad: one entry point. `make help` lists the goals. To build, run and verify
# the chapters nothing is needed but a C compiler and make; other tools are looked
# for when a recipe needs them.
#
# CC, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are yours to set on the command line; what
# the build cannot do without stands in REQUIRED. Changing any of them rebuilds.

CC = cc
CFLAGS = -O2 -Wall -Wextra -Wshadow -Wconversion -Wdouble-promotion
PREFIX = /usr/local
BUILD = build
# What is over in a moment is compiled quickly, and not for speed: the complex programs, which only
# verify, the float ones, and what only checks, tells and explains. (Empty: it is compiled as all
# else is.)
OPTIMIZE_LESS ?= -Og
REQUIRED = -std=gnu17 -I. -ffp-contract=off

# Chapters whose program is also built with real = float.
FLOAT_CHAPTERS = 01_derivatives

# As many jobs as the machine has processors, unless -j says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
endif
# (No rule is used but those below; to look for others takes longer than all else.)
MAKEFLAGS += --no-print-directory --no-builtin-rules

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
Q = $(if $(V),,@)

# ---- goals that must not run beside others ---------------------------------------

# `make deps course`, `make clean test`: one goal after the other, `deps` first.
DEPS := $(filter deps deps-dev,$(MAKECMDGOALS))
ifneq ($(and $(DEPS)$(filter clean,$(MAKECMDGOALS)),$(word 2,$(MAKECMDGOALS))),)

.PHONY: one-by-one $(MAKECMDGOALS)
$(MAKECMDGOALS): one-by-one ; @:
one-by-one:
	@set -e; for goal in $(DEPS) $(filter-out $(DEPS),$(MAKECMDGOALS)); do \
	    $(MAKE) $$goal; done

else # all that follows

# ---- what there is ---------------------------------------------------------------

LIB := $(sort $(wildcard lib/*.c))
CHECKER := $(sort $(wildcard lib/check/*.c))
CHAPTERS := $(sort $(patsubst chapters/%/main.c,%,$(wildcard chapters/*/main.c)))
PARTS := $(sort $(filter-out %/main.c,$(wildcard chapters/*/*.c)))
FLOATS := $(filter $(FLOAT_CHAPTERS),$(CHAPTERS))
SUITES := $(sort $(patsubst tests/%.c,%,$(wildcard tests/test_*.c)))
SCRIPTS := $(sort $(patsubst tests/%.sh,%,$(wildcard tests/*.sh)))

# Suites that say `/* build: complex */` are also built and run with real = double complex; those
# that say `/* build: optimized */` compute for so long that it pays.
ifneq ($(SUITES),)
says = $(patsubst tests/%.c,%,$(shell grep -l '^/\* build: $(1) \*/' $(SUITES:%=tests/%.c)))
COMPLEX_SUITES := $(call says,complex)
OPTIMIZED_SUITES := $(call says,optimized)
endif

PROGRAMS := $(CHAPTERS:%=$(BUILD)/%)
COMPLEX_PROGRAMS := $(CHAPTERS:%=$(BUILD)/complex/%)
FLOAT_PROGRAMS := $(FLOATS:%=$(BUILD)/float/%)
TEXTS := $(CHAPTERS:%=$(BUILD)/out/%.txt)
JSONS := $(CHAPTERS:%=$(BUILD)/out/%.json)

# What the pages in docs show beside it: the examples of check.md, the figures of proof.md.
EXAMPLES := $(BUILD)/examples
EXAMPLE_TEXTS := $(patsubst %,$(EXAMPLES)/%.txt,layernorm layernorm_mistake classifier \
    classifier_mistake locate gelu gelu_mistake)
PROOF := $(BUILD)/proof
PROOF_TEXTS := $(patsubst %,$(PROOF)/%.txt,catalogue alarms sensitivity passes locate)
PROOF_CURVES := $(PROOF_TEXTS:$(PROOF)/%.txt=$(BUILD)/plots/proof-%.dat)

# CH=8, CH=08 and CH=08_lstm name one chapter; it becomes CHAPTER.
CHAPTER :=
ifneq ($(and $(CH),$(filter run export verify counted mutants tokens break plots papers,$(MAKECMDGOALS))),)
CHAPTER := $(filter $(subst %,,$(CH)) $(subst %,,$(CH))_% 0$(subst %,,$(CH))_%,$(CHAPTERS))
ifneq ($(words $(CHAPTER)),1)
$(error there is no chapter '$(CH)'; wanted one of $(foreach c,$(CHAPTERS),$(firstword $(subst _, ,$c))))
endif
endif

# What some goals need beside a C compiler and make. Where a tool is absent the goal stops
# before it begins, with one line that names what is missing.
NEED_plots := gnuplot
NEED_docs := gnuplot doxygen mathjax
NEED_mutants := patch
NEED_break := patch
NEED_test := pkg-config check patch
NEED_windows := mingw-w64
NEED_coverage := gcovr
NEED_format := clang-format
NEED_lint := clang-format clang-tidy cppcheck gnuplot doxygen mathjax
NEEDS := $(foreach goal,plots docs mutants break test coverage format lint windows,need-$(goal))
$(NEEDS): need-%:
	@sh lib/make/need.sh $(NEED_$*)

.PHONY: FORCE all programs transcripts run export verify counting counted \
    mutants tokens break plots docs examples proof course golden papers test suites \
    programs-tested samples sanitize coverage lint format windows bench bench-peers install uninstall \
    deps deps-dev help clean $(NEEDS)

## all                      (default) build every chapter, show the map
all: programs
	@sh lib/make/map.sh

programs: $(PROGRAMS) $(COMPLEX_PROGRAMS) $(FLOAT_PROGRAMS)

# ---- building --------------------------------------------------------------------

# quote: a text as one word of the shell.
quote = '$(subst ','\'',$(1))'
FLAGS = $(CC) | $(CPPFLAGS) | $(CFLAGS) | $(OPTIMIZE_LESS) | $(REQUIRED) | $(LDFLAGS) | $(LDLIBS)

# These change only when a flag changes, or when a source comes or goes.
STAMP = @mkdir -p $(@D); printf '%s\n' $(1) > $@.tmp; \
    if cmp -s $@.tmp $@; then rm -f $@.tmp; else mv -f $@.tmp $@; fi
# (Whatever is compiled wants the flags: so that makes the folders too.)
$(BUILD)/flags: FORCE
	@mkdir -p $(FOLDERS)
	$(call STAMP,$(call quote,$(FLAGS)))
$(BUILD)/sources: FORCE
	$(call STAMP,$(LIB) $(CHECKER) $(PARTS))

COMPILE = $(CC) $(REQUIRED) $(CPPFLAGS) $(CFLAGS) -MMD -MP -pipe
LINK = $(CC) $(REQUIRED) $(CFLAGS) $(LDFLAGS)
say = $(if $(V),,$(info $()  $(1)  $(@:$(BUILD)/%=%)))

OBJECTS := $(LIB:.c=.o) $(PARTS:.c=.o)
MAINS := $(CHAPTERS:%=chapters/%/main.o)
FLOAT_OBJECTS := $(LIB:.c=.o) $(filter $(FLOATS:%=chapters/%/%),$(PARTS:.c=.o))

FOLDERS = $(sort $(dir $(DOUBLE) $(COMPLEX) $(FLOAT) $(CHECK_OBJECTS)) $(PROOF)/ \
    $(addprefix $(BUILD)/,double/tests/ complex/tests/ bench/complex/))

# The checker knows no `real`: it is compiled once, for all programs and to be installed.
CHECK_OBJECTS := $(CHECKER:lib/%.c=$(BUILD)/%.o)

DOUBLE := $(addprefix $(BUILD)/double/,$(OBJECTS) $(MAINS))
COMPLEX := $(addprefix $(BUILD)/complex/,$(OBJECTS) $(MAINS))
FLOAT := $(addprefix $(BUILD)/float/,$(FLOAT_OBJECTS) $(FLOATS:%=chapters/%/main.o))

# How a file is optimized where OPTIMIZE_LESS is set. Not at all: what shows and options, main,
# checks, worked examples. As it says: experiments, which spend their time in what they call; the
# checker's explanations. (All else: as CFLAGS say.)
SHOWS = $(or $(filter lib/program lib/show %/main %/example,$*),$(findstring /checks,$*), \
    $(findstring /worked,$*))
CALLS = $(or $(filter explain%,$*),$(findstring experiment,$*))
LEVEL = $(if $(OPTIMIZE_LESS),$(if $(SHOWS),-O0,$(if $(CALLS),$(OPTIMIZE_LESS))))
$(DOUBLE): $(BUILD)/double/%.o: %.c $(BUILD)/flags
	$(call say,cc)
	$(Q)$(COMPILE) $(LEVEL) -c -o $@ $<

$(COMPLEX): $(BUILD)/complex/%.o: %.c $(BUILD)/flags
	$(call say,cc)
	$(Q)$(COMPILE) $(or $(LEVEL),$(OPTIMIZE_LESS)) -DREAL_COMPLEX -c -o $@ $<

$(CHECK_OBJECTS): $(BUILD)/check/%.o: lib/check/%.c $(BUILD)/flags
	$(call say,cc)
	$(Q)$(COMPILE) $(LEVEL) -fPIC -fvisibility=hidden -c -o $@ $<

# In float every constant converts; those two warnings mean nothing here.
$(FLOAT): $(BUILD)/float/%.o: %.c $(BUILD)/flags
	$(call say,cc)
	$(Q)$(filter-out -Wconversion -Wdouble-promotion,$(COMPILE)) $(OPTIMIZE_LESS) -DREAL_FLOAT -c -o $@ $<

# lib and what the chapters lend each other, as one archive for each scalar type:
# the linker takes from it what a program uses.
ARCHIVE = $(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
$(BUILD)/double/course.a: $(OBJECTS:%=$(BUILD)/double/%) $(CHECK_OBJECTS) $(BUILD)/sources
	$(ARCHIVE)
$(BUILD)/complex/course.a: $(OBJECTS:%=$(BUILD)/complex/%) $(CHECK_OBJECTS) $(BUILD)/sources
	$(ARCHIVE)
$(BUILD)/float/course.a: $(FLOAT_OBJECTS:%=$(BUILD)/float/%) $(CHECK_OBJECTS) $(BUILD)/sources
	$(ARCHIVE)

$(PROGRAMS): $(BUILD)/%: $(BUILD)/double/chapters/%/main.o $(BUILD)/double/course.a
	$(call say,ld)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS) -lm
$(COMPLEX_PROGRAMS): $(BUILD)/complex/%: $(BUILD)/complex/chapters/%/main.o \
    $(BUILD)/complex/course.a
	$(call say,ld)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS) -lm
$(FLOAT_PROGRAMS): $(BUILD)/float/%: $(BUILD)/float/chapters/%/main.o $(BUILD)/float/course.a
	$(call say,ld)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS) -lm

# The programs in double once more, for `make verify` to count with: in them the sources that
# define backward functions are compiled with --coverage; all else is as it is. (The path of an
# object is compiled in: so a tree that moves is compiled anew.)
COUNT := $(BUILD)/coverage-verify
COUNTED := $(sort $(shell awk -f lib/make/backward.awk chapters/*/*.c 2>/dev/null | sed 's/ .*//'))
COUNTED_OBJECTS := $(COUNTED:%.c=$(COUNT)/%.o)
UNCOUNTED := $(filter-out $(COUNTED:.c=.o),$(OBJECTS))

$(COUNT)/place: FORCE
	$(call STAMP,$(call quote,$(CURDIR)))

$(COUNTED_OBJECTS): $(COUNT)/%.o: %.c $(BUILD)/flags $(COUNT)/place
	$(call say,cc)
	$(Q)mkdir -p $(@D) && $(COMPILE) -w -O0 --coverage -MF $(@:.o=.d) -MT $@ \
	    -c -o "$$(cd $(@D) && pwd -P)/$(@F)" $<

$(COUNT)/course.a: $(UNCOUNTED:%=$(BUILD)/double/%) $(CHECK_OBJECTS) \
    $(filter-out %/main.o,$(COUNTED_OBJECTS)) $(BUILD)/sources
	$(ARCHIVE)

COUNTED_PROGRAMS := $(CHAPTERS:%=$(COUNT)/%)
$(COUNTED_PROGRAMS): $(COUNT)/%:
	$(call say,ld)
	$(Q)$(LINK) --coverage -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) -lm
$(foreach c,$(CHAPTERS),$(eval $(COUNT)/$c: $(COUNT)/course.a \
    $(if $(filter chapters/$c/main.c,$(COUNTED)),$(COUNT),$(BUILD)/double)/chapters/$c/main.o))

# ---- running ---------------------------------------------------------------------

# A transcript appears under its name only when it is whole. The run that writes the
# text writes the curves too: so it runs again where their folder is gone, and this file with it.
CURVES := $(BUILD)/plots/curves
$(CURVES):
	@mkdir -p $(@D) && : >$@

transcripts: $(TEXTS) $(JSONS)

$(TEXTS): $(BUILD)/out/%.txt: $(BUILD)/% $(CURVES)
	$(call say,run)
	$(Q)sh lib/make/keep.sh $@ $< --color never --plot-dir $(BUILD)/plots
	@touch $(BUILD)/out/$*.ran
$(JSONS): $(BUILD)/out/%.json: $(BUILD)/%
	$(call say,run)
	$(Q)sh lib/make/keep.sh $@ $< --format json

## run CH=8 [ARGS='...']    run a chapter; its curves go to build/plots
# A run with ARGS leaves other curves: so the transcript must be made again before the
# pages are; `make plots CH=8` draws the curves of the last run.
ifneq ($(CHAPTER),)
run: $(BUILD)/$(CHAPTER) $(CURVES)
	@mkdir -p $(BUILD)/out
	$(if $(ARGS),@rm -f $(BUILD)/out/$(CHAPTER).txt)
	@$(BUILD)/$(CHAPTER) --plot-dir $(BUILD)/plots $(ARGS)
	@touch $(BUILD)/out/$(CHAPTER).ran
else
run:
	@sh lib/make/map.sh
endif

## export CH=8 DIR=...      a folder with a chapter and the sources it needs
export:
	$(if $(CHAPTER),,$(error export: wanted CH=, the number of a chapter))
	$(if $(DIR),,$(error export: wanted DIR=, a folder that is new or empty))
	@sh lib/make/export.sh $(CHAPTER) $(call quote,$(DIR))

## verify [CH=8]            prove the gradients; with CH tensor by tensor
# It also counts which lines and branches of the backward functions the checks execute,
# where gcov or llvm-cov is there. COVERAGE=required: it fails where they are not;
# COVERAGE=no: it does not count.
COVERAGE = auto
VERIFIED = $(or $(CHAPTER),$(CHAPTERS))
verify: $(VERIFIED:%=$(BUILD)/%) $(VERIFIED:%=$(BUILD)/complex/%) counting
ifneq ($(and $(COUNTED),$(filter-out no,$(COVERAGE))),)
	@BUILD=$(BUILD) COVERAGE=$(COVERAGE) COUNTED='$(COUNTED)' GCOV="$$(cat $(COUNT)/gcov)" \
	    WHY="$$(cat $(COUNT)/gcov.why)" sh lib/make/verify.sh $(if $(CHAPTER),detail,table) \
	    $(VERIFIED)
else
	@BUILD=$(BUILD) COUNTED='$(COUNTED)' WHY='COVERAGE=no' \
	    sh lib/make/verify.sh $(if $(CHAPTER),detail,table) $(VERIFIED)
endif
# What `verify` counts with, where it can. (After the programs: they are made of the same objects.)
counting: $(VERIFIED:%=$(BUILD)/%) $(VERIFIED:%=$(BUILD)/complex/%)
ifneq ($(and $(COUNTED),$(filter-out no,$(COVERAGE))),)
	@CC=$(call quote,$(CC)) sh lib/make/gcov.sh $(COUNT)/gcov
	@if [ -s $(COUNT)/gcov ]; then $(MAKE) counted; fi
endif
counted: $(VERIFIED:%=$(COUNT)/%)
	@:

## mutants [CH=8]           plant classic mistakes: verify must fail
##                          and name them (NAMING=report: names are counted)
# What is made for them is copied and built as the course is, from its archives.
MUTATE = @BUILD=$(BUILD) COMPILE=$(call quote,$(COMPILE)) LINK=$(call quote,$(LINK)) \
    LDLIBS=$(call quote,$(LDLIBS) -lm) sh
mutants: need-mutants $(VERIFIED:%=$(BUILD)/%) $(VERIFIED:%=$(BUILD)/complex/%)
	$(MUTATE) lib/make/mutants.sh $(VERIFIED)

## tokens CH=8              change each token of the backward functions:
##                          verify must see every change (minutes)
tokens: $(CHAPTER:%=$(BUILD)/%) $(CHAPTER:%=$(BUILD)/complex/%)
	$(if $(CHAPTER),,$(error tokens: wanted CH=, the number of a chapter))
	$(MUTATE) lib/make/tokens.sh $(CHAPTER)

## break CH=8 [BUG=name]    make one of them, see what failing looks like
break: need-break $(if $(BUG),$(CHAPTER:%=$(BUILD)/%) $(CHAPTER:%=$(BUILD)/complex/%))
	$(if $(CHAPTER),,$(error break: wanted CH=, the number of a chapter))
	$(MUTATE) lib/make/break.sh $(CHAPTER) $(call quote,$(BUG))

## plots [CH=8] [DRAW=text] draw the curves: SVG and PNG, or on the terminal
plots: need-plots $(if $(CHAPTER),$(BUILD)/out/$(CHAPTER).ran,$(TEXTS) $(PROOF_CURVES))
	@CH=$(firstword $(subst _, ,$(CHAPTER))) DRAW=$(call quote,$(DRAW)) BUILD=$(BUILD) sh plots/draw.sh

$(CHAPTERS:%=$(BUILD)/out/%.ran): $(BUILD)/out/%.ran: $(BUILD)/% $(CURVES)
	@rm -f $(BUILD)/out/$*.txt
	@$(MAKE) $(BUILD)/out/$*.txt

# The figures of the pages, drawn anew where a script or a transcript changed. (The longest runs,
# which are not the first chapters', come first: so that no processor idles at the end.)
DRAWN := $(patsubst %,$(BUILD)/plots/%.drawn,proof \
    $(shell printf '%s\n' $(CHAPTERS) | sort -r))
$(DRAWN): plots/draw.sh plots/style.gp
$(CHAPTERS:%=$(BUILD)/plots/%.drawn): $(BUILD)/plots/%.drawn: plots/%.gp $(BUILD)/out/%.txt
	$(call say,draw)
	$(Q)CH=$(firstword $(subst _, ,$*)) BUILD=$(BUILD) sh plots/draw.sh && touch $@
$(BUILD)/plots/proof.drawn: plots/proof.gp $(PROOF_CURVES)
	$(call say,draw)
	$(Q)CH=proof BUILD=$(BUILD) sh plots/draw.sh && touch $@

## docs                     write the pages: build/html/index.html
docs: need-docs $(DRAWN) $(EXAMPLE_TEXTS)
	@BUILD=$(BUILD) sh docs/make.sh

## course                   all of it: build, run, draw, write the pages, verify
# (At the end two things that take one processor each.)
course: need-docs programs $(DRAWN) $(EXAMPLE_TEXTS) counting
	@$(MAKE) docs verify
	@echo; echo "The pages of the course: $(BUILD)/html/index.html"

# ---- testing ---------------------------------------------------------------------

# Every suite and every script writes its log; the sum follows at the end.
SUITE_LOGS := $(SUITES:%=$(BUILD)/test/%.log) $(COMPLEX_SUITES:%=$(BUILD)/test/complex-%.log)
SCRIPT_LOGS := $(SCRIPTS:%=$(BUILD)/test/%.log)
DOUBLE_SUITES := $(SUITES:%=$(BUILD)/double/tests/%)
CHECK = $$(pkg-config --$(1) check)

# run-all: runs the tests of these logs, all of them, and adds up. (A suite that does not
# compile leaves no log, and that counts as a failure.)
run-all = rm -f $(1); $(MAKE) -k $(1); sh lib/make/total.sh $(1)

## test                     run every test
# (First all that the pages show: so that their test, the longest, does not run alone at the end.)
FIRST := $(BUILD)/test/pages.log $(filter-out %/pages.log,$(SCRIPT_LOGS))
test: need-test
	+@$(MAKE) -k $(TEXTS) $(EXAMPLE_TEXTS) $(PROOF_CURVES) samples; \
	    $(call run-all,$(FIRST) $(SUITE_LOGS))

## suites                   run the test suites in C only
suites: need-test
	+@$(call run-all,$(SUITE_LOGS))

# The tests that look at the programs, and not at this Makefile.
programs-tested: need-test
	+@$(call run-all,$(SUITE_LOGS) $(BUILD)/test/options.log)

# (What is tested is optimized as CFLAGS say; most tests themselves gain nothing by it.)
$(DOUBLE_SUITES): $(BUILD)/double/tests/%: tests/%.c $(BUILD)/double/course.a
	$(call say,cc)
	$(Q)$(COMPILE) $(if $(filter $*,$(OPTIMIZED_SUITES)),-O1,-O0) $(call CHECK,cflags) \
	    -MF $@.d -MT $@ $(LDFLAGS) -o $@ $< $(BUILD)/double/course.a $(call CHECK,libs) $(LDLIBS) -lm
$(COMPLEX_SUITES:%=$(BUILD)/complex/tests/%): $(BUILD)/complex/tests/%: tests/%.c \
    $(BUILD)/complex/course.a
	$(call say,cc)
	$(Q)$(COMPILE) -O0 -DREAL_COMPLEX $(call CHECK,cflags) -MF $@.d -MT $@ $(LDFLAGS) -o $@ $< \
	    $(BUILD)/complex/course.a $(call CHECK,libs) $(LDLIBS) -lm

TEST = @BUILD=$(BUILD) CC=$(call quote,$(CC)) LINK=$(call quote,$(LINK)) \
    MAKE=$(call quote,$(MAKE)) sh lib/make/test.sh $@
$(SUITES:%=$(BUILD)/test/%.log): $(BUILD)/test/%.log: $(BUILD)/double/tests/% FORCE
	$(TEST) $<
$(COMPLEX_SUITES:%=$(BUILD)/test/complex-%.log): $(BUILD)/test/complex-%.log: \
    $(BUILD)/complex/tests/% FORCE
	$(TEST) $<
$(SCRIPT_LOGS): $(BUILD)/test/%.log: tests/%.sh $(PROGRAMS) $(COMPLEX_PROGRAMS) FORCE
	$(TEST) sh $<
# These look at what the programs print, with their experiments and without.
$(BUILD)/test/pages.log $(BUILD)/test/papers.log: $(TEXTS)
$(BUILD)/test/pages.log: $(EXAMPLE_TEXTS) $(PROOF_CURVES)
$(BUILD)/test/examples.log: $(EXAMPLE_TEXTS)
$(BUILD)/test/keys.log $(BUILD)/test/pages.log $(BUILD)/test/includes.log: samples

# What programs say without experiments: for the golden transcripts, the reference values,
# and for comparing builds to the byte (lib/make/same-bytes.sh).
SAMPLE := $(BUILD)/sample
samples: $(CHAPTERS:%=$(SAMPLE)/%.txt) $(CHAPTERS:%=$(SAMPLE)/%.json) \
    $(CHAPTERS:%=$(SAMPLE)/%.verify) $(CHAPTERS:%=$(SAMPLE)/%.complex)
$(CHAPTERS:%=$(SAMPLE)/%.txt): $(SAMPLE)/%.txt: $(BUILD)/%
	@sh lib/make/keep.sh $@ $< --seeds 0 --color never
$(CHAPTERS:%=$(SAMPLE)/%.json): $(SAMPLE)/%.json: $(BUILD)/%
	@sh lib/make/keep.sh $@ $< --seeds 0 --format json
$(CHAPTERS:%=$(SAMPLE)/%.verify): $(SAMPLE)/%.verify: $(BUILD)/%
	@sh lib/make/keep.sh $@ $< --verify --format json
$(CHAPTERS:%=$(SAMPLE)/%.complex): $(SAMPLE)/%.complex: $(BUILD)/complex/%
	@sh lib/make/keep.sh $@ $< --verify --format json

## papers [CH=8] [QUICK=1]  published numbers, and what comes out here
# (With QUICK=1 from the default run, else with the seeds of lib/make/papers.txt: minutes.)
papers: $(if $(QUICK),$(VERIFIED:%=$(BUILD)/out/%.txt),$(VERIFIED:%=$(BUILD)/%))
	@BUILD=$(BUILD) sh lib/make/papers.sh $(if $(QUICK),quick,full) $(VERIFIED)

## golden                   write tests/golden anew from what is printed now
golden: $(CHAPTERS:%=$(SAMPLE)/%.txt)
	@mkdir -p tests/golden
	@for chapter in $(CHAPTERS); do \
	    sh lib/make/keep.sh tests/golden/$$chapter.txt \
	        awk -f lib/make/golden.awk $(SAMPLE)/$$chapter.txt || exit 1; done

## sanitize                 tests and verify under the sanitizers of the compiler
SANITIZE = -fsanitize=address,undefined,bounds,vla-bound -fno-sanitize-recover=all
sanitize:
	@for goal in programs-tested verify; do \
	    CK_FORK=no $(MAKE) BUILD=$(BUILD)/sanitize LDFLAGS= COVERAGE=no OPTIMIZE_LESS= \
	        CFLAGS='-O1 -g -fno-omit-frame-pointer $(SANITIZE)' $$goal || exit 1; done

## coverage                 the tests must execute 95 % of the lines of lib
coverage: need-coverage
	@# (atomic: the checker has threads, and lost counts come out negative)
	@rm -rf $(BUILD)/coverage
	@for goal in programs-tested samples; do \
	    CK_FORK=no $(MAKE) BUILD=$(BUILD)/coverage LDFLAGS=--coverage OPTIMIZE_LESS= \
	        CFLAGS='-O0 -g --coverage -fprofile-update=atomic' $$goal || exit 1; done
	@gcovr --root . --filter lib/ --fail-under-line 95 $(BUILD)/coverage

## lint                     formatting, clang-tidy, cppcheck, the pages
lint: need-lint $(DRAWN) $(EXAMPLE_TEXTS)
	@sh lib/make/lint.sh
	@BUILD=$(BUILD) sh docs/make.sh --strict

## format                   give the C files the form that lint wants
format: need-format
	@sh lib/make/format.sh $(sort $(wildcard $(foreach d,lib lib/check chapters/* tests,$d/*.[ch])))

## windows                  programs for Windows, by mingw-w64; Wine runs them
# (Its isnan and isfinite are macros in which -Wconversion finds what no call converts.)
MINGW = x86_64-w64-mingw32-
FOR_WINDOWS = CC=$(MINGW)gcc AR=$(MINGW)ar LDFLAGS=-static LDLIBS=-lpthread \
    CFLAGS='-O2 -Wall -Wextra -Wshadow' CPPFLAGS=
windows: need-windows
	@$(MAKE) BUILD=$(BUILD)/windows $(FOR_WINDOWS) programs
	@BUILD=$(BUILD)/windows CC=$(MINGW)gcc LINKS='-static -lpthread -lm' sh lib/make/windows.sh

## bench                    what checks cost: chapters, a million weights
BENCH := $(CHAPTERS:%=$(BUILD)/bench/%) $(CHAPTERS:%=$(BUILD)/bench/complex/%)
WRAP = -Wl,--wrap=hg_check -Wl,--wrap=hg_check_complex
$(CHAPTERS:%=$(BUILD)/bench/%): $(BUILD)/bench/%: $(BUILD)/double/chapters/%/main.o \
    $(BUILD)/bench/checks.o $(BUILD)/double/course.a
	$(call say,ld)
	$(Q)$(LINK) $(WRAP) -o $@ $^ $(LDLIBS) -lm
$(CHAPTERS:%=$(BUILD)/bench/complex/%): $(BUILD)/bench/complex/%: \
    $(BUILD)/complex/chapters/%/main.o $(BUILD)/bench/checks.o $(BUILD)/complex/course.a
	$(call say,ld)
	$(Q)$(LINK) $(WRAP) -o $@ $^ $(LDLIBS) -lm
$(BUILD)/bench/checks.o: tests/bench_checks.c $(BUILD)/flags
	$(call say,cc)
	$(Q)$(COMPILE) -c -o $@ $<
$(BUILD)/bench/locate: tests/bench_locate.c $(BUILD)/double/course.a $(BUILD)/flags
	$(call say,cc)
	$(Q)$(COMPILE) -MF $@.d -MT $@ $(LDFLAGS) -o $@ $< $(BUILD)/double/course.a $(LDLIBS) -lm

bench: $(BENCH) $(BUILD)/bench/locate
	@BUILD=$(BUILD) sh lib/make/bench.sh $(CHAPTERS)
	@BUILD=$(BUILD) sh lib/make/bench-locate.sh

## bench-peers              the same models by PyTorch's gradcheck (needs it)
# (PyTorch takes the widest vectors that the processor has: so do the losses of several points.)
WIDEST = -O3 -march=native -ffp-contract=fast
$(BUILD)/bench/lanes.o: tests/bench_lanes.c $(BUILD)/flags
	$(call say,cc)
	$(Q)$(COMPILE) $(WIDEST) -c -o $@ $<
$(BUILD)/bench/peers: tests/bench_peers.c $(BUILD)/bench/lanes.o $(BUILD)/double/course.a \
    $(BUILD)/flags
	$(call say,cc)
	$(Q)$(COMPILE) -MF $@.d -MT $@ $(LDFLAGS) -o $@ $< $(BUILD)/bench/lanes.o \
	    $(BUILD)/double/course.a $(LDLIBS) -lm

bench-peers: $(BUILD)/bench/peers
	@sh lib/make/bench-peers.sh $(BUILD)/bench/peers

## proof [LONG=1000000]     how good the checker is, in numbers (LONG: a minute)
# The text that stands on the page docs/proof.md: 100000 right gradients, some seconds. With LONG
# as many right gradients as it says, and ten times the planted mistakes and nets; the pages show
# that until a source changes.
$(PROOF)/proof.o $(PROOF)/catalogue.o: $(PROOF)/%.o: tests/%.c $(BUILD)/flags
	$(call say,cc)
	$(Q)$(COMPILE) $(if $(filter catalogue,$*),$(OPTIMIZE_LESS)) -c -o $@ $<
$(PROOF)/proof: $(PROOF)/proof.o $(PROOF)/catalogue.o $(BUILD)/double/course.a
	$(call say,ld)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS) -lm
$(filter-out %/locate.txt,$(PROOF_TEXTS)): $(PROOF)/%.txt: $(PROOF)/proof
	$(call say,run)
	$(Q)HANDGRAD_LONG=$(call quote,$(LONG)) sh lib/make/keep.sh $@ $< $*
$(PROOF)/locate.txt: $(BUILD)/bench/locate
	$(call say,run)
	$(Q)sh lib/make/keep.sh $@ $< proof
$(PROOF_CURVES): $(BUILD)/plots/proof-%.dat: $(PROOF)/%.txt
	@mkdir -p $(@D) && cp $< $@
ifneq ($(LONG),)
$(PROOF_TEXTS): FORCE
endif

proof: $(PROOF_CURVES)
	@for part in catalogue alarms sensitivity passes locate; do \
	    echo; cat $(PROOF)/$$part.txt || exit 2; done

# ---- installing ------------------------------------------------------------------

## install [PREFIX=] [DESTDIR=]  the checker: header, library, handgrad.pc
VERSION = $(shell cat VERSION)
SONAME := libhandgrad.so.0
NAME_IT = -Wl,$(if $(filter Darwin,$(shell uname -s)),-install_name,-soname),$(SONAME)
$(BUILD)/install/libhandgrad.a: $(CHECK_OBJECTS)
	@mkdir -p $(@D)
	$(ARCHIVE)
$(BUILD)/install/$(SONAME): $(CHECK_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(LINK) -shared $(NAME_IT) -o $@ $^ $(LDLIBS) -lm

install: $(BUILD)/install/libhandgrad.a $(BUILD)/install/$(SONAME)
	@sh lib/make/install.sh install $(call quote,$(DESTDIR)) $(call quote,$(PREFIX)) \
	    $(VERSION) $(BUILD)/install

## uninstall [PREFIX=] [DESTDIR=]  remove exactly what install wrote
uninstall:
	@sh lib/make/install.sh uninstall $(call quote,$(DESTDIR)) $(call quote,$(PREFIX))

# The programs of docs/check.md, built as a user builds them, from what is installed; what they
# print stands on the page. (-DMISTAKE: with a mistake in them; they must end with status 1.)
CXX = c++
$(EXAMPLES)/prefix/lib/libhandgrad.a: $(BUILD)/install/libhandgrad.a $(BUILD)/install/$(SONAME) \
    lib/check/handgrad.h
	@mkdir -p $(EXAMPLES)
	@sh lib/make/install.sh install '' "$$(cd $(EXAMPLES) && pwd -P)/prefix" $(VERSION) \
	    $(BUILD)/install >/dev/null
$(EXAMPLE_TEXTS): $(EXAMPLES)/%.txt: $(EXAMPLES)/prefix/lib/libhandgrad.a lib/make/example.sh
	$(call say,run)
	$(Q)CC=$(call quote,$(CC) $(CPPFLAGS) $(CFLAGS)) CXX=$(call quote,$(CXX)) \
	    LDFLAGS=$(call quote,$(LDFLAGS) $(LDLIBS)) sh lib/make/example.sh $@ $(EXAMPLES)/prefix
$(EXAMPLES)/layernorm.txt $(EXAMPLES)/layernorm_mistake.txt: docs/examples/layernorm.c
$(EXAMPLES)/classifier.txt $(EXAMPLES)/classifier_mistake.txt: docs/examples/classifier.cpp
$(EXAMPLES)/locate.txt: docs/examples/locate.c
$(EXAMPLES)/gelu.txt $(EXAMPLES)/gelu_mistake.txt: docs/examples/gelu.cu

examples: $(EXAMPLE_TEXTS)

# ---- the rest --------------------------------------------------------------------

## deps                     install the tools that are missing
deps:
	@sh lib/make/deps.sh course

## deps-dev                 and those of lint, coverage and .ci/run
deps-dev:
	@sh lib/make/deps.sh course developer

## help                     this list
help:
	@echo "make GOAL ...   (CH is the number of a chapter: 8 or 08)"; echo
	@sed -n 's/^## /  /p' Makefile

## clean                    remove build/
clean:
	rm -rf $(BUILD)

-include $(DOUBLE:.o=.d) $(COMPLEX:.o=.d) $(FLOAT:.o=.d) $(DOUBLE_SUITES:%=%.d) \
    $(COMPLEX_SUITES:%=$(BUILD)/complex/tests/%.d) $(CHECK_OBJECTS:.o=.d) \
    $(patsubst %,$(BUILD)/bench/%.d,checks lanes locate peers) \
    $(PROOF)/proof.d $(PROOF)/catalogue.d \
    $(COUNTED_OBJECTS:.o=.d)

endif
