/* The Helium instructions that the kernels use, in C: so that a computer runs that way under its sanitizers. After
 * Arm's "MVE Intrinsics" (IHI 0088); a predicate has one bit for each byte. */

#ifndef STAND_IN_ARM_MVE_H
#define STAND_IN_ARM_MVE_H

#include <stdint.h>
#include <string.h>

typedef int8_t int8x16_t __attribute__((vector_size(16)));
typedef uint8_t uint8x16_t __attribute__((vector_size(16)));
typedef int16_t int16x8_t __attribute__((vector_size(16)));
typedef int32_t int32x4_t __attribute__((vector_size(16)));
typedef uint32_t uint32x4_t __attribute__((vector_size(16)));
typedef uint16_t mve_pred16_t;

typedef struct int8x16x4_t {
  int8x16_t val[4];
} int8x16x4_t;

typedef struct int32x4x4_t {
  int32x4_t val[4];
} int32x4x4_t;

/* One line of C for each lane; `lane` is its number. */
#define EACH(type, count, expression)          \
  type result;                                 \
  for (int lane = 0; lane < (count); ++lane) { \
    result[lane] = expression;                 \
  }                                            \
  return result

static inline int64_t bounded(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}
static inline int32_t wrap(int64_t value) { return (int32_t)(uint32_t)(uint64_t)value; }
static inline int is_on(mve_pred16_t predicate, int byte) { return predicate >> byte & 1; }

/* ---- predicates ---- */

static inline mve_pred16_t vctp8q(uint32_t count) { return (mve_pred16_t)(count >= 16 ? 0xffffu : (1u << count) - 1u); }
static inline mve_pred16_t vctp32q(uint32_t count) { return vctp8q(count >= 4 ? 16 : 4 * count); }
static inline mve_pred16_t vcmpgtq_n_s32(int32x4_t a, int32_t b) {
  unsigned predicate = 0;
  for (int lane = 0; lane < 4; ++lane) {
    predicate |= a[lane] > b ? 15u << (4 * lane) : 0u;
  }
  return (mve_pred16_t)predicate;
}
static inline int32x4_t vpselq_s32(int32x4_t a, int32x4_t b, mve_pred16_t predicate) {
  EACH(int32x4_t, 4, is_on(predicate, 4 * lane) ? a[lane] : b[lane]);
}

/* ---- loads and stores, which touch only what the predicate says ---- */

static inline int8x16_t vldrbq_s8(const int8_t *from) { EACH(int8x16_t, 16, from[lane]); }
static inline int8x16_t vldrbq_z_s8(const int8_t *from, mve_pred16_t predicate) {
  EACH(int8x16_t, 16, (int8_t)(is_on(predicate, lane) ? from[lane] : 0));
}
static inline int32x4_t vldrbq_s32(const int8_t *from) { EACH(int32x4_t, 4, from[lane]); }
static inline int32x4_t vldrbq_z_s32(const int8_t *from, mve_pred16_t predicate) {
  EACH(int32x4_t, 4, is_on(predicate, 4 * lane) ? from[lane] : 0);
}
static inline int32x4_t vldrwq_s32(const int32_t *from) { EACH(int32x4_t, 4, from[lane]); }
static inline int32x4_t vldrwq_gather_offset_z_s32(const int32_t *base, uint32x4_t offsets, mve_pred16_t predicate) {
  EACH(int32x4_t, 4, is_on(predicate, 4 * lane) ? base[offsets[lane] / 4] : 0);
}
static inline int8x16_t vldrbq_gather_offset_z_s8(const int8_t *base, uint8x16_t offsets, mve_pred16_t predicate) {
  EACH(int8x16_t, 16, (int8_t)(is_on(predicate, lane) ? base[offsets[lane]] : 0));
}
static inline int32x4x4_t vld4q_s32(const int32_t *from) {
  int32x4x4_t result;
  for (int index = 0; index < 16; ++index) {
    result.val[index % 4][index / 4] = from[index];
  }
  return result;
}
static inline void vstrbq_p_s8(int8_t *to, int8x16_t value, mve_pred16_t predicate) {
  for (int lane = 0; lane < 16; ++lane) {
    if (is_on(predicate, lane)) {
      to[lane] = value[lane];
    }
  }
}
static inline void vstrbq_s8(int8_t *to, int8x16_t value) { vstrbq_p_s8(to, value, 0xffff); }
static inline void vstrbq_p_s32(int8_t *to, int32x4_t value, mve_pred16_t predicate) {
  for (int lane = 0; lane < 4; ++lane) {
    if (is_on(predicate, 4 * lane)) {
      to[lane] = (int8_t)(value[lane] & 0xff);
    }
  }
}
static inline void vstrbq_s32(int8_t *to, int32x4_t value) { vstrbq_p_s32(to, value, 0xffff); }

/* ---- the same in all lanes, other names of the same bits ---- */

static inline int8x16_t vdupq_n_s8(int8_t value) { EACH(int8x16_t, 16, value); }
static inline uint8x16_t vdupq_n_u8(uint8_t value) { EACH(uint8x16_t, 16, value); }
static inline int32x4_t vdupq_n_s32(int32_t value) { EACH(int32x4_t, 4, value); }
static inline uint32x4_t vidupq_n_u32(uint32_t start, int step) {
  EACH(uint32x4_t, 4, start + (uint32_t)lane * (uint32_t)step);
}
static inline int16x8_t vuninitializedq_s16(void) { EACH(int16x8_t, 8, -1); }
static inline int8x16_t vuninitializedq_s8(void) { EACH(int8x16_t, 16, -1); }
static inline int8x16_t vreinterpretq_s8_s32(int32x4_t value) { return (int8x16_t)value; }
static inline int8x16_t vreinterpretq_s8_s16(int16x8_t value) { return (int8x16_t)value; }
static inline int16x8_t vreinterpretq_s16_s32(int32x4_t value) { return (int16x8_t)value; }
static inline int32x4_t vreinterpretq_s32_s8(int8x16_t value) { return (int32x4_t)value; }
static inline uint8x16_t vreinterpretq_u8_s8(int8x16_t value) { return (uint8x16_t)value; }

/* ---- arithmetic, which wraps unless its name has a q ---- */

static inline int32x4_t vaddq_s32(int32x4_t a, int32x4_t b) { EACH(int32x4_t, 4, wrap((int64_t)a[lane] + b[lane])); }
static inline int32x4_t vaddq_n_s32(int32x4_t a, int32_t b) { return vaddq_s32(a, vdupq_n_s32(b)); }
static inline uint32x4_t vaddq_u32(uint32x4_t a, uint32x4_t b) { EACH(uint32x4_t, 4, a[lane] + b[lane]); }
static inline int16x8_t vaddq_s16(int16x8_t a, int16x8_t b) {
  EACH(int16x8_t, 8, (int16_t)(uint16_t)(a[lane] + b[lane]));
}
static inline int32x4_t vsubq_s32(int32x4_t a, int32x4_t b) { EACH(int32x4_t, 4, wrap((int64_t)a[lane] - b[lane])); }
static inline int32x4_t vsubq_n_s32(int32x4_t a, int32_t b) { return vsubq_s32(a, vdupq_n_s32(b)); }
static inline int32x4_t vmulq_s32(int32x4_t a, int32x4_t b) { EACH(int32x4_t, 4, wrap((int64_t)a[lane] * b[lane])); }
static inline int32x4_t vmulq_n_s32(int32x4_t a, int32_t b) { return vmulq_s32(a, vdupq_n_s32(b)); }
static inline int32x4_t vnegq_s32(int32x4_t a) { return vsubq_s32(vdupq_n_s32(0), a); }
static inline int32x4_t vandq_s32(int32x4_t a, int32x4_t b) { return a & b; }
static inline uint8x16_t veorq_u8(uint8x16_t a, uint8x16_t b) { return a ^ b; }
static inline int32x4_t vminq_s32(int32x4_t a, int32x4_t b) {
  EACH(int32x4_t, 4, a[lane] < b[lane] ? a[lane] : b[lane]);
}
static inline int32x4_t vmaxq_s32(int32x4_t a, int32x4_t b) {
  EACH(int32x4_t, 4, a[lane] > b[lane] ? a[lane] : b[lane]);
}
static inline int8x16_t vminq_s8(int8x16_t a, int8x16_t b) {
  EACH(int8x16_t, 16, a[lane] < b[lane] ? a[lane] : b[lane]);
}
static inline int8x16_t vmaxq_s8(int8x16_t a, int8x16_t b) {
  EACH(int8x16_t, 16, a[lane] > b[lane] ? a[lane] : b[lane]);
}

static inline int32_t vmladavaq_s8(int32_t sum, int8x16_t a, int8x16_t b) {
  for (int lane = 0; lane < 16; ++lane) {
    sum = wrap((int64_t)sum + a[lane] * b[lane]);
  }
  return sum;
}
static inline int16x8_t vmullbq_int_s8(int8x16_t a, int8x16_t b) {
  EACH(int16x8_t, 8, (int16_t)(a[2 * lane] * b[2 * lane]));
}
static inline int16x8_t vmulltq_int_s8(int8x16_t a, int8x16_t b) {
  EACH(int16x8_t, 8, (int16_t)(a[2 * lane + 1] * b[2 * lane + 1]));
}
static inline int32x4_t vmovlbq_s16(int16x8_t a) { EACH(int32x4_t, 4, a[2 * lane]); }
static inline int32x4_t vmovltq_s16(int16x8_t a) { EACH(int32x4_t, 4, a[2 * lane + 1]); }

/* Twice the product's high word, rounded, halves up. */
static inline int32x4_t vqrdmulhq_s32(int32x4_t a, int32x4_t b) {
  EACH(int32x4_t, 4, (int32_t)bounded(((int64_t)a[lane] * b[lane] + ((int64_t)1 << 30)) >> 31, INT32_MIN, INT32_MAX));
}
static inline int32x4_t vqrdmulhq_n_s32(int32x4_t a, int32_t b) { return vqrdmulhq_s32(a, vdupq_n_s32(b)); }

/* ---- shifts: to the left, where the number is below zero to the right ---- */

static inline int32_t shift_left(int32_t value, int shift, int rounds) {
  if (shift >= 0) {
    return shift > 31 ? 0 : wrap((int64_t)((uint64_t)(int64_t)value << shift));
  }
  const int right = -shift > 32 ? 32 : -shift;
  return wrap(((int64_t)value + (rounds ? (int64_t)1 << (right - 1) : 0)) >> right);
}
static inline int32x4_t vshrq_n_s32(int32x4_t a, int shift) { EACH(int32x4_t, 4, a[lane] >> shift); }
static inline int32x4_t vshlq_n_s32(int32x4_t a, int shift) { EACH(int32x4_t, 4, shift_left(a[lane], shift, 0)); }
static inline int32x4_t vshlq_r_s32(int32x4_t a, int32_t shift) { EACH(int32x4_t, 4, shift_left(a[lane], shift, 0)); }
static inline int32x4_t vshlq_s32(int32x4_t a, int32x4_t shift) {
  EACH(int32x4_t, 4, shift_left(a[lane], (int8_t)(shift[lane] & 0xff), 0));
}
static inline int32x4_t vrshlq_n_s32(int32x4_t a, int32_t shift) { EACH(int32x4_t, 4, shift_left(a[lane], shift, 1)); }
static inline int32x4_t vrshlq_s32(int32x4_t a, int32x4_t shift) {
  EACH(int32x4_t, 4, shift_left(a[lane], (int8_t)(shift[lane] & 0xff), 1));
}

/* ---- narrower values into every other lane ---- */

static inline int16x8_t narrow_16(int16x8_t into, int32x4_t from, int top) {
  for (int lane = 0; lane < 4; ++lane) {
    into[2 * lane + top] = (int16_t)bounded(from[lane], INT16_MIN, INT16_MAX);
  }
  return into;
}
static inline int8x16_t narrow_8(int8x16_t into, int16x8_t from, int top) {
  for (int lane = 0; lane < 8; ++lane) {
    into[2 * lane + top] = (int8_t)bounded(from[lane], INT8_MIN, INT8_MAX);
  }
  return into;
}
static inline int16x8_t vqmovnbq_s32(int16x8_t into, int32x4_t from) { return narrow_16(into, from, 0); }
static inline int16x8_t vqmovntq_s32(int16x8_t into, int32x4_t from) { return narrow_16(into, from, 1); }
static inline int8x16_t vqmovnbq_s16(int8x16_t into, int16x8_t from) { return narrow_8(into, from, 0); }
static inline int8x16_t vqmovntq_s16(int8x16_t into, int16x8_t from) { return narrow_8(into, from, 1); }

#endif /* STAND_IN_ARM_MVE_H */
