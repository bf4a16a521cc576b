/* Which instructions the kernels use, by the compiler's own macros:
 *   INT8_HELIUM  vectors of Armv8.1-M (Cortex-M55, M85)
 *   INT8_DSP     two products in one instruction, Armv7E-M and Armv8-M with the DSP extension (Cortex-M4, M7, M33)
 *   neither      C99 alone (Cortex-M0, RISC-V, Xtensa, computers); on a Cortex-M3 its saturation, INT8_SATURATE
 * -DFFKERAS_PLAIN_C and -DFFKERAS_WITHOUT_HELIUM take less than there is. All three give the same bytes. */

#ifndef FFKERAS_INT8_PROCESSOR_H
#define FFKERAS_INT8_PROCESSOR_H

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__ARM_BIG_ENDIAN) && !defined(FFKERAS_PLAIN_C)
#if defined(__ARM_FEATURE_MVE) && !defined(FFKERAS_WITHOUT_HELIUM)
#define INT8_HELIUM 1
#elif defined(__ARM_FEATURE_DSP)
#define INT8_DSP 1
#endif
#if defined(__arm__) && defined(__ARM_FEATURE_SAT)
#define INT8_SATURATE 1 /* from Armv7-M (Cortex-M3) on */
#endif
#endif

#if defined(__GNUC__)
#define INT8_INLINE static inline __attribute__((always_inline))
#define INT8_APART __attribute__((noinline, unused)) /* a function whose registers should be its own */
#define INT8_ALIGNED __attribute__((aligned(4)))     /* bytes that are read by words */
#else
#define INT8_INLINE static inline
#define INT8_APART
#define INT8_ALIGNED
#endif

/* GCC moves instructions apart before it knows how few registers there are, and then spills. */
#if defined(INT8_DSP) && !defined(__clang__)
#pragma GCC optimize("no-schedule-insns")
#endif

/* Four bytes at any address. */
INT8_INLINE uint32_t int8_load_word(const int8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

/* The first address from `memory` on that words and pairs of them may have; 7 bytes may be lost. */
INT8_INLINE void *int8_align(void *memory) { return (int8_t *)memory + ((0u - (uintptr_t)memory) & 7u); }

/* Kept within int8. */
INT8_INLINE int8_t int8_saturate(int32_t value) {
#if defined(INT8_SATURATE)
  int32_t kept;
  __asm__("ssat %0, #8, %1" : "=r"(kept) : "r"(value));
  return (int8_t)kept;
#else
  return (int8_t)(value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value);
#endif
}

#if defined(INT8_HELIUM)
#include <arm_mve.h>
#elif defined(INT8_DSP)
#include <arm_acle.h>

/* Bytes 0 and 2 of a word with their signs, as two values of 16 bits. */
INT8_INLINE uint32_t int8_even_bytes(uint32_t word) { return (uint32_t)__sxtb16((int32_t)word); }

#if defined(__arm__)

/* Bytes 1 and 3 of a word with their signs, as two values of 16 bits. GCC 12 rotates in an instruction of its own. */
INT8_INLINE uint32_t int8_odd_bytes(uint32_t word) {
  uint32_t pair;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
  return pair;
}

/* Two words, after which `from` points `step` bytes further: one instruction, where GCC takes two. */
#define INT8_LOAD_PAIR(first, second, from, step) \
  __asm__ volatile("ldrd %0, %1, [%2], %3" : "=&r"(first), "=&r"(second), "+r"(from) : "i"(step) : "memory")

/* The same without a change of `from`, `offset` bytes behind it. */
#define INT8_LOAD_PAIR_AT(first, second, from, offset) \
  __asm__("ldrd %0, %1, [%2, %4]"                      \
          : "=r"(first), "=r"(second)                  \
          : "r"(from), "m"(((const uint32_t (*)[2])((const int8_t *)(from) + (offset)))[0]), "i"(offset))

#define INT8_STORE_PAIR(to, offset, first, second)              \
  __asm__("strd %2, %3, [%1, %4]"                               \
          : "=m"(*(uint32_t (*)[2])((int8_t *)(to) + (offset))) \
          : "r"(to), "r"(first), "r"(second), "i"(offset))

#else /* in C, for compilers with other assembly */

INT8_INLINE uint32_t int8_odd_bytes(uint32_t word) { return int8_even_bytes(word >> 8 | word << 24); }
#define INT8_LOAD_PAIR_AT(first, second, from, offset)                                   \
  do {                                                                                   \
    (first) = ((const uint32_t *)(const void *)((const int8_t *)(from) + (offset)))[0];  \
    (second) = ((const uint32_t *)(const void *)((const int8_t *)(from) + (offset)))[1]; \
  } while (0)
#define INT8_STORE_PAIR(to, offset, first, second)                   \
  do {                                                               \
    ((uint32_t *)(void *)((int8_t *)(to) + (offset)))[0] = (first);  \
    ((uint32_t *)(void *)((int8_t *)(to) + (offset)))[1] = (second); \
  } while (0)
#define INT8_LOAD_PAIR(first, second, from, step) \
  do {                                            \
    INT8_LOAD_PAIR_AT(first, second, from, 0);    \
    (from) += (step) / (int)sizeof *(from);       \
  } while (0)

#endif
#endif

#endif /* FFKERAS_INT8_PROCESSOR_H */
