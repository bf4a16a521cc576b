/**
 * Reading FlatBuffers tables at byte positions, bounds-checked and without dependencies.
 *
 * The layout is that of the FlatBuffers "internals" document.
 */

/** The bytes are no TFLite file, or not a whole one. */
export class BrokenFileError extends Error {
  name = "BrokenFileError";
}

/** Reads numbers, tables and vectors; a position outside the file throws BrokenFileError. */
export class FlatBuffer {
  /** @param {Uint8Array} bytes the whole file. */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int8(position) {
    return this.#at(position, 1, () => this.view.getInt8(position));
  }

  uint16(position) {
    return this.#at(position, 2, () => this.view.getUint16(position, true));
  }

  uint32(position) {
    return this.#at(position, 4, () => this.view.getUint32(position, true));
  }

  int32(position) {
    return this.#at(position, 4, () => this.view.getInt32(position, true));
  }

  #at(position, size, read) {
    if (position < 0 || position + size > this.bytes.length) {
      throw new BrokenFileError(`position ${position} is outside the file`);
    }
    return read();
  }

  /** Where the offset at `position` points. */
  follow(position) {
    return position + this.uint32(position);
  }

  /** Position of a table's field, or null where the table leaves it out. */
  field(table, slot) {
    const vtable = table - this.int32(table);
    if (table + this.uint16(vtable + 2) > this.bytes.length) {
      throw new BrokenFileError(`a table at ${table} runs past the end`);
    }
    const entry = 4 + 2 * slot; // after the sizes of the vtable and of the table
    if (entry + 2 > this.uint16(vtable)) return null;
    const offset = this.uint16(vtable + entry);
    return offset ? table + offset : null;
  }

  /** Start of a vector's first item, and its length; a missing vector is empty. */
  vector(table, slot, itemSize) {
    const field = this.field(table, slot);
    if (field === null) return { start: 0, length: 0 };
    const start = this.follow(field);
    const length = this.uint32(start);
    if (start + 4 + length * itemSize > this.bytes.length) {
      throw new BrokenFileError(`a vector of ${length} items at ${start} runs past the end`);
    }
    return { start: start + 4, length };
  }

  /** Positions of a vector's tables. */
  tables(table, slot) {
    const { start, length } = this.vector(table, slot, 4);
    return Array.from({ length }, (_, index) => this.follow(start + 4 * index));
  }

  /** Values of a vector of int32. */
  int32s(table, slot) {
    const { start, length } = this.vector(table, slot, 4);
    return Array.from({ length }, (_, index) => this.int32(start + 4 * index));
  }

  /** Values of a vector of float32. */
  float32s(table, slot) {
    const { start, length } = this.vector(table, slot, 4);
    return Array.from({ length }, (_, index) => this.view.getFloat32(start + 4 * index, true));
  }

  /** Values of a vector of int64, the largest ones rounded. */
  int64s(table, slot) {
    const { start, length } = this.vector(table, slot, 8);
    return Array.from({ length }, (_, index) => Number(this.view.getBigInt64(start + 8 * index, true)));
  }

  /** The bytes of a byte vector or string; a missing one is empty. */
  content(table, slot) {
    const { start, length } = this.vector(table, slot, 1);
    return this.bytes.subarray(start, start + length);
  }

  /** A string field; a missing one is empty. */
  string(table, slot) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.content(table, slot));
    } catch {
      throw new BrokenFileError("a name in it is not UTF-8");
    }
  }
}
