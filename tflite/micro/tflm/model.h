// The model of this firmware: what `tools/export_c_array.py FILE_int8.tflite` wrote. Change the name here, or build with
// -DFACE_MODEL=nano_b_320_int8_model.

#ifndef MODEL_H_
#define MODEL_H_

#ifndef FACE_MODEL
#define FACE_MODEL nano_b_micro_160_int8_model
#endif

#define FACE_MODEL_QUOTE(name) #name
#define FACE_MODEL_HEADER(name) FACE_MODEL_QUOTE(name.h)
#include FACE_MODEL_HEADER(FACE_MODEL)

namespace model = FACE_MODEL;

#endif  // MODEL_H_
