/* Pixels of a camera, 16 bits each, as blue, green and red. */

#ifndef RGB565_H
#define RGB565_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each channel fills its eight bits: 31 of 31 and 63 of 63 become 255.
 *
 * pixels: `count` of them, two bytes each, the byte with red first as a camera sends them ("big endian").
 * bgr: three bytes for each pixel.
 */
void rgb565_to_bgr(const uint8_t *pixels, size_t count, uint8_t *bgr);

#ifdef __cplusplus
}
#endif

#endif /* RGB565_H */
