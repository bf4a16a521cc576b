/* The whole detector on one picture: letterbox, network, decoding, and the answer as JSON. */

#ifndef DETECTION_H
#define DETECTION_H

#include "faces.h"
#include "json.h"

/* Find the faces of a picture and print one JSON object, but for its closing brace:
 *
 *   "width", "height": of the picture;
 *   "input_crc32": of the int8 input that the network is given;
 *   "outputs_crc32": of its "classification", "bbox_regression" and "landmarks";
 *   "faces": best first, in pixels of the picture.
 */
void detect_and_print(const FaceImage *image, Print *print);

#endif /* DETECTION_H */
