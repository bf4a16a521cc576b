"""The C header of a network."""

from string import Template

from ffkeras import __version__
from ffkeras.firmware.c_network.network import Network
from ffkeras.firmware.literals import comment_line
from ffkeras.firmware.model_info import ModelInfo

HEADER = Template("""\
/* $title
 * Made by ffkeras $version, tools/export_c.py; do not edit, make it again.
 * Licence of the weights: $license
 * sha256 of $file:
 *   $sha256
 *
 * C99; of the library only <string.h> and <math.h> (-lm). Compile with -std=c99 -O2, on a computer -O3:
 *   $name.c faces.c int8_*.c
 * Where the compiler says that there are the DSP extension or Helium (-mcpu=cortex-m7, -m55), kernels use them; see
 * int8_processor.h. -DFFKERAS_AFTER_LAYER=name calls `void name(int layer)` after each layer, to measure its time.
 * Nothing is allocated. -DFFKERAS_ARENA_ATTRIBUTE=... says where the arena lies, such as
 * '__attribute__((section(".dtcm")))'. Not for use from several threads or interrupts at once; int has 32 bits.
 *
 *     static FaceColumn columns[${upper}_INPUT_WIDTH];
 *     static FaceCandidate candidates[200];
 *     static Face faces[50];
 *
 *     FaceLetterbox letterbox;
 *     const FaceModel *model = &${name}_model;
 *     if (faces_letterbox(model, &image, columns, ${name}_input(), &letterbox) != 0) {
 *       return;  (an image without pixels)
 *     }
 *     ${name}_run();
 *     const FaceOutputs outputs = ${name}_outputs();
 *     const int count = faces_decode(model, &outputs, &letterbox, candidates, 200, faces, 50);
 */

#ifndef $guard
#define $guard

#include <stdint.h>

#include "faces.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ${upper}_INPUT_HEIGHT $height
#define ${upper}_INPUT_WIDTH $width
#define ${upper}_ANCHOR_COUNT $anchor_count /* rows of each output */

/* Bytes of RAM for all tensors. Weights and tables take $constant_size bytes of flash. */
#define ${upper}_ARENA_SIZE $arena_size

extern const FaceModel ${name}_model;

/* Where a picture goes, int8 [$height][$width][3]: pixel - mean, quantised. Running the network overwrites it. */
int8_t *${name}_input(void);

void ${name}_run(void);

/* The outputs of the last run; they stay until the next one, or until the input is written. */
FaceOutputs ${name}_outputs(void);

#ifdef __cplusplus
}
#endif

#endif /* $guard */
""")


def title_text(info: ModelInfo, file: str) -> str:
    """One line: which network, from which file."""
    height, width = info.record.image_size
    return comment_line(f"{info.record.network}, {height} x {width}, int8: {file}")


def header_text(info: ModelInfo, network: Network, file: str, name: str) -> str:
    """The header of a network.

    Args:
        info: of the file.
        network: as C runs it.
        file: the file's name.
        name: a C identifier; all names begin with it.
    """
    height, width = info.record.image_size
    return HEADER.substitute(
        title=title_text(info, file),
        version=__version__,
        license=comment_line(info.record.license),
        file=comment_line(file),
        sha256=info.sha256,
        name=name,
        upper=name.upper(),
        guard=f"{name.upper()}_H",
        height=height,
        width=width,
        anchor_count=info.record.anchor_count,
        arena_size=network.arena_size,
        constant_size=network.constants.size,
    )
