# Runs clang-tidy on the source files of the program, but only if a file, a header it includes or .clang-tidy has changed
# since the last time. BASE=COMMIT leaves out files that have not changed since that commit. Tests are left out, because
# they would take most of the time.
#
# It uses a separate build folder that is never compiled, because clang cannot read another compiler's precompiled headers.
.DEFAULT_GOAL := all
WORK := build/tidy
BASE ?=

# The analyzer gives up on a function earlier than by default, which takes a third of the time. Compiler warnings are not
# errors here, and options of g++ that clang does not know are ignored.
FLAGS := --extra-arg=-Wno-error --extra-arg=-Wno-unknown-warning-option \
  --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=30000

SOURCES := $(shell scripts/tidy_sources.sh $(WORK) $(BASE))
ifneq ($(.SHELLSTATUS),0)
  $(error lint: the files for clang-tidy could not be listed)
endif
include $(WORK)/dependencies.mk

all: $(SOURCES:%=$(WORK)/%.ok)

$(WORK)/%.ok: % .clang-tidy
	@echo "clang-tidy $<"
	@said=$$(clang-tidy -p $(WORK) --quiet $(FLAGS) $< 2>&1) || { echo "$$said"; exit 1; }
	@mkdir -p $(@D) && touch $@

.PHONY: all
