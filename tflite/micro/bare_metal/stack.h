/* How much of the stack was used, by what is left of the paint that start.c put on it. */

#ifndef STACK_H
#define STACK_H

#include <stdint.h>

#define STACK_PAINT 0xc5c5c5c5u

extern uint32_t stack_lowest[], stack_top[]; /* of sections.ld */

/* Bytes from the top of the stack to the deepest word that was ever written. */
uint32_t stack_used(void);

#endif /* STACK_H */
