# Runs clang-tidy over each source file of the program, again only when it, a header or a rule has changed. Tests are
# left out: they would take most of the time.
SOURCES := $(shell sed -n 's|^ *"file": "$(CURDIR)/\(src/.*\)",*$$|\1|p' build/compile_commands.json | sort -u)
HEADERS := $(shell find src -name '*.hpp')

# The analyzer gives up on a function sooner than it would by itself: that takes a third of the time.
FLAGS := --extra-arg=-Wno-error --extra-arg=-Wno-unknown-warning-option \
  --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=30000

all: $(SOURCES:%=build/tidy/%.ok)

# The commands are those of g++: clang must not stumble over warnings that it does not know or that g++ does not give.
build/tidy/%.ok: % $(HEADERS) .clang-tidy CMakeLists.txt
	@echo "clang-tidy $<"
	@said=$$(clang-tidy -p build --quiet $(FLAGS) $< 2>&1) || { echo "$$said"; exit 1; }
	@mkdir -p $(@D) && touch $@

.PHONY: all
