/* An exported network on random inputs, and its faces. Usage: fuzz_network ROUNDS */

#include <stdio.h>
#include <stdlib.h>

#include "network.h"

int main(int count, char **arguments) {
  static FaceCandidate candidates[50];
  static Face faces[10];
  const FaceLetterbox letterbox = {1.0f, 1.0f, NETWORK_INPUT_WIDTH, NETWORK_INPUT_HEIGHT};
  const int rounds = count == 2 ? atoi(arguments[1]) : 0;
  uint32_t state = 1;
  for (int round = 0; round < rounds; ++round) {
    int8_t *input = network_input();
    for (int index = 0; index < NETWORK_INPUT_HEIGHT * NETWORK_INPUT_WIDTH * 3; ++index) {
      state = state * 1664525u + 1013904223u;
      input[index] = (int8_t)((int)(state >> 24) - 128);
    }
    network_run();
    const FaceOutputs outputs = network_outputs();
    faces_decode(&network_model, &outputs, &letterbox, candidates, 50, faces, 10);
  }
  printf("%d rounds\n", rounds);
  return 0;
}
