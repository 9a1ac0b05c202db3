// Function multiversioning: a hot function is compiled for several instruction sets, and the loader picks the best one
// for the CPU. Put CHANDELIER_HOT on non-template functions with plain loops, and CHANDELIER_INDEPENDENT before the
// inner loop over the batch, whose iterations must not depend on each other.

#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(CHANDELIER_NO_MULTIVERSION)
#define CHANDELIER_HOT __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CHANDELIER_HOT
#endif

#if defined(__clang__)
#define CHANDELIER_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define CHANDELIER_INDEPENDENT _Pragma("GCC ivdep")
#else
#define CHANDELIER_INDEPENDENT
#endif
