package ffkeras.detector;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One output of a network as the interpreter leaves it, made into numbers only where they are used: int8 values, worth
 * `scale * (value - zero point)`, or float32 values, worth what they are.
 */
public final class Output {
    private final ByteBuffer values;
    private final int columns;
    private final boolean quantised;
    private final float[] dequantised = new float[256]; // of int8 values from -128

    /**
     * An output over its tensor's bytes.
     *
     * @param values [rows, columns] int8, or float32 in the buffer's byte order
     * @param quantised the values are int8
     */
    public Output(ByteBuffer values, int columns, boolean quantised, float scale, int zeroPoint) {
        this.values = values;
        this.columns = columns;
        this.quantised = quantised;
        for (int i = 0; i < dequantised.length; i++) {
            dequantised[i] = (i - 128 - (float) zeroPoint) * scale;
        }
    }

    /** Values of one row. */
    public int columns() {
        return columns;
    }

    /** Number of rows. */
    public int rows() {
        return values.capacity() / (columns * (quantised ? 1 : 4));
    }

    /** What a value is worth. */
    public float get(int row, int column) {
        int index = row * columns + column;
        return quantised ? dequantised[values.get(index) + 128] : values.getFloat(4 * index);
    }

    /** Indices of the rows whose value in `column` is worth `threshold` or more, in rising order. */
    int[] reaching(float threshold, int column) {
        int rows = rows();
        int[] found = new int[rows];
        int count = 0;
        for (int row = 0; row < rows; row++) {
            if (get(row, column) >= threshold) {
                found[count++] = row;
            }
        }
        return Arrays.copyOf(found, count);
    }
}
