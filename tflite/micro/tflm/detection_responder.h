// What is done with the faces that were found. Yours goes here: open a door, draw on a display, count people.

#ifndef DETECTION_RESPONDER_H_
#define DETECTION_RESPONDER_H_

#include "faces.h"

// image: the picture; faces: `count` of them, best first, in its pixels.
void RespondToDetection(const FaceImage& image, const Face* faces, int count);

#endif  // DETECTION_RESPONDER_H_
