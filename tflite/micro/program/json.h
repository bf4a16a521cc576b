/* Faces and checksums as JSON text, without stdio: a board has nothing but a function that sends text. */

#ifndef JSON_H
#define JSON_H

#include <stdint.h>

#include "faces.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void Print(const char *text); /* sends text that ends with 0 */

void json_integer(Print *print, int32_t value);

/* Four decimals; null where the value is not finite, and the nearest of +-1e9 beyond. */
void json_decimal(Print *print, float value);

/* Eight hexadecimal digits in quotes. */
void json_checksum(Print *print, uint32_t value);

/* An array of objects of "box", "score" and "landmarks", one a line, as tools/detect.py --json names them. */
void json_faces(Print *print, const Face *faces, int count);

#ifdef __cplusplus
}
#endif

#endif /* JSON_H */
