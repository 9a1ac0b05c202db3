# Runs clang-tidy over the source files of the program, again only when one, a header it includes or a rule has changed.
# BASE=COMMIT leaves out what has not changed since. Tests are left out: they would take most of the time.
#
# It has a build of its own, never compiled: clang must not meet the precompiled headers of another compiler.
.DEFAULT_GOAL := all
WORK := build/tidy
BASE ?=

# The analyzer gives up on a function sooner than its default: a third of the time. Warnings are those of clang-tidy;
# g++'s options that clang does not know are no concern here.
FLAGS := --extra-arg=-Wno-error --extra-arg=-Wno-unknown-warning-option \
  --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=30000

SOURCES := $(shell scripts/tidy_sources.sh $(WORK) $(BASE))
ifneq ($(.SHELLSTATUS),0)
  $(error the files for clang-tidy could not be listed)
endif
include $(WORK)/dependencies.mk

all: $(SOURCES:%=$(WORK)/%.ok)

$(WORK)/%.ok: % .clang-tidy
	@echo "clang-tidy $<"
	@said=$$(clang-tidy -p $(WORK) --quiet $(FLAGS) $< 2>&1) || { echo "$$said"; exit 1; }
	@mkdir -p $(@D) && touch $@

.PHONY: all
