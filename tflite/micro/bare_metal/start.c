/* From reset to main() on any Cortex-M, and what happens at a fault. */

#include <stdint.h>

#include "semihosting.h"
#include "stack.h"

#define SPARE 16
#define VECTOR_COUNT 16 /* those of the processor; no interrupt is used */

extern uint32_t data_start[], data_end[], bss_start[], bss_end[]; /* of sections.ld */
extern const uint32_t data_source[];

int main(void);
void start(void);

/* Nothing is on the stack yet but this function, which needs little of it: SPARE words stay unpainted. */
__attribute__((noreturn, used)) static void prepare(void) {
  for (uint32_t *word = stack_lowest; word < (uint32_t *)__builtin_frame_address(0) - SPARE; ++word) {
    *word = STACK_PAINT;
  }
  const uint32_t *source = data_source;
  for (uint32_t *word = data_start; word < data_end; ++word) {
    *word = *source++;
  }
  for (uint32_t *word = bss_start; word < bss_end; ++word) {
    *word = 0;
  }
  semihosting_exit(main());
}

/* Floating point is off at reset: CPACR, the Coprocessor Access Control Register, switches it on (Armv7-M, B3.2.20). */
__attribute__((naked)) void start(void) {
#if defined(__ARM_FP)
  __asm__ volatile(
      "movw r0, #0xed88\n"
      "movt r0, #0xe000\n"
      "ldr r1, [r0]\n"
      "orr r1, r1, #0xf00000\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n");
#endif
  __asm__ volatile("b prepare");
}

__attribute__((noreturn, used)) static void report_fault(void) {
  semihosting_print("\nerror: the processor met a fault; the stack is too small, or memory is used that is not there.\n");
  semihosting_exit(1);
}

/* The stack may be what failed: begin a new one. */
__attribute__((naked)) static void fault(void) {
  __asm__ volatile(
      "movw r0, #:lower16:stack_top\n"
      "movt r0, #:upper16:stack_top\n"
      "msr msp, r0\n"
      "b report_fault\n");
}

typedef union Vector {
  uint32_t *stack;
  void (*handler)(void);
} Vector;

__attribute__((section(".vectors"), used)) static const Vector VECTORS[VECTOR_COUNT] = {
    {.stack = stack_top}, {.handler = start}, {.handler = fault}, {.handler = fault},
    {.handler = fault},   {.handler = fault}, {.handler = fault}, {.handler = fault},
};
