#include "instructions.h"

#if defined(FFKERAS_AFTER_LAYER)

#define SYSTICK ((volatile uint32_t *)0xe000e010u) /* Armv7-M, B3.3: control, reload, current */
#define ENABLED_ON_PROCESSOR_CLOCK 5u
#define TICKS_MASK 0xffffffu /* it counts down in 24 bits */
#define MOST_LAYERS 1024
#define ROUNDS 1000000 /* of the loop, of two instructions each */

static uint32_t last;
static struct {
  int layer;
  uint32_t ticks;
} counts[MOST_LAYERS];
static int count;

static uint32_t read_clock(void) { return SYSTICK[2]; }

static void start_clock(void) {
  SYSTICK[1] = TICKS_MASK;
  SYSTICK[2] = 0;
  SYSTICK[0] = ENABLED_ON_PROCESSOR_CLOCK;
  last = read_clock();
}

void count_layer(int layer) {
  if (layer == 0) {
    start_clock();
    return;
  }
  const uint32_t now = read_clock();
  if (count < MOST_LAYERS) {
    counts[count].layer = layer;
    counts[count].ticks = (last - now) & TICKS_MASK;
    ++count;
  }
  last = read_clock();
}

static uint32_t time_loop(void) {
  start_clock();
  uint32_t rounds = ROUNDS;
  __asm__ volatile("0: subs %0, %0, #1\n bne 0b" : "+r"(rounds) : : "cc");
  return (last - read_clock()) & TICKS_MASK;
}

static void print_pair(Print *print, int32_t first, uint32_t second) {
  print("[");
  json_integer(print, first);
  print(", ");
  json_integer(print, (int32_t)second);
  print("]");
}

void print_counts(Print *print) {
  print("\"loop\": ");
  print_pair(print, 2 * ROUNDS, time_loop());
  print(", \"layers\": [");
  for (int index = 0; index < count; ++index) {
    print(index == 0 ? "" : ", ");
    print_pair(print, counts[index].layer, counts[index].ticks);
  }
  print("]");
}

#endif
