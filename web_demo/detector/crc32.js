/** The CRC-32 of zlib, PNG and gzip (ISO 3309, polynomial 0xEDB88320), a byte at a time by a table. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

/**
 * The CRC-32 of some bytes.
 *
 * @param {Uint8Array} bytes
 * @param {number} before the CRC-32 of what came before them, 0 at the start.
 * @returns {number} 0..2^32 - 1
 */
export function crc32(bytes, before = 0) {
  let value = ~before;
  for (let index = 0; index < bytes.length; index++) {
    value = TABLE[(value ^ bytes[index]) & 0xff] ^ (value >>> 8);
  }
  return ~value >>> 0;
}

/** A CRC-32 as eight hexadecimal digits. */
export function toHex(value) {
  return value.toString(16).padStart(8, "0");
}
