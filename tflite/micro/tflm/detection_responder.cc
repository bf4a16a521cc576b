// Prints the faces as one JSON object a picture, on standard output: the console of a board.

#include "detection_responder.h"

#include <cstdio>

#include "json.h"

namespace {

void Send(const char* text) { std::fputs(text, stdout); }

}  // namespace

void RespondToDetection(const FaceImage& image, const Face* faces, int count) {
  Send("{\"width\": ");
  json_integer(Send, image.width);
  Send(", \"height\": ");
  json_integer(Send, image.height);
  Send(", \"faces\": ");
  json_faces(Send, faces, count);
  Send("}\n");
}
