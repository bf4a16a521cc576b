/* A picture file in memory: a bitmap (BMP) or a pixmap (PPM), uncompressed, so that its pixels are used where they lie.
 * Any program writes them: `convert photo.jpg photo.bmp`, `ffmpeg -i photo.jpg photo.ppm`. */

#ifndef PICTURE_H
#define PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "faces.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PICTURE_LARGEST_SIDE 16384 /* pixels; a file that claims more is taken for a damaged one */

typedef struct Picture {
  FaceImage image; /* its pixels lie in the file */
  int red_first;   /* 1 where they are red, green, blue (PPM) and not blue, green, red (BMP) */
} Picture;

/* Find the pixels of a picture.
 *
 * file: `size` bytes of a BMP of 24 bits a pixel, or of a binary PPM ("P6") of 8 bits a channel.
 *
 * Returns NULL, or what is wrong with the file, to be put behind its name.
 */
const char *picture_open(const uint8_t *file, size_t size, Picture *picture);

/* Bring the pixels of a picture that was opened to the order blue, green, red, in place.
 *
 * file: the bytes that were opened.
 */
void picture_to_bgr(uint8_t *file, Picture *picture);

#ifdef __cplusplus
}
#endif

#endif /* PICTURE_H */
