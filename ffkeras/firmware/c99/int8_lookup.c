#include "int8_kernels.h"

void int8_lookup(const int8_t *table, int32_t size, const int8_t *input, int8_t *output) {
#if defined(INT8_HELIUM)
  for (; size > 0; size -= 16) {
    const mve_pred16_t rest = vctp8q((uint32_t)size);
    const uint8x16_t values = vreinterpretq_u8_s8(vldrbq_z_s8(input, rest));
    const uint8x16_t places = veorq_u8(values, vdupq_n_u8(128));
    vstrbq_p_s8(output, vldrbq_gather_offset_z_s8(table, places, rest), rest);
    input += 16;
    output += 16;
  }
#else
  table -= INT8_MIN;
  for (; size >= 4; size -= 4) { /* all four are read before one is written: the output may be the input */
    const int8_t a = table[input[0]], b = table[input[1]], c = table[input[2]], d = table[input[3]];
    output[0] = a;
    output[1] = b;
    output[2] = c;
    output[3] = d;
    input += 4;
    output += 4;
  }
  for (; size > 0; --size) {
    *output++ = table[*input++];
  }
#endif
}
