/* How many instructions each layer executes, counted by the processor's own timer SysTick. That holds where time passes
 * by instructions, as in QEMU with -icount; on a real board the same numbers are ticks of its clock.
 *
 * Compiled with -DFFKERAS_AFTER_LAYER=count_layer; without it, there are no functions here. */

#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

#include "json.h"

#if defined(FFKERAS_AFTER_LAYER)

/* The network calls it before its first layer, with 0, and after each. */
void count_layer(int layer);

/* Print `"loop": [instructions, ticks], "layers": [[layer, ticks], ..]`. How many instructions of the loop there are is
 * known, so that it tells how many make a tick. */
void print_counts(Print *print);

#endif

#endif /* INSTRUCTIONS_H */
