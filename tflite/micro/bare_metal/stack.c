#include "stack.h"

uint32_t stack_used(void) {
  const uint32_t *word = stack_lowest;
  while (word < stack_top && *word == STACK_PAINT) {
    ++word;
  }
  return (uint32_t)((uintptr_t)stack_top - (uintptr_t)word);
}
