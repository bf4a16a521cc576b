/* The CRC-32 of zlib, PNG and Python's zlib.crc32, by which tensors are compared across machines. */

#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t checksum(const void *data, size_t size);

#endif /* CHECKSUM_H */
