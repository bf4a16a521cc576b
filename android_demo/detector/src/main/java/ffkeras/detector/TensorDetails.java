package ffkeras.detector;

import java.util.Arrays;

/** What a binding tells of one input or output tensor. */
public final class TensorDetails {
    /** The tensor's name in the file. */
    public final String name;
    /** "int8", "float32", or another type's name, which no ffkeras file has at its borders. */
    public final String type;
    /** Scale of quantised values; 0 where there are none. */
    public final float scale;
    /** Zero point of quantised values. */
    public final int zeroPoint;

    private final int[] shape;

    /** A tensor's details. */
    public TensorDetails(String name, String type, int[] shape, float scale, int zeroPoint) {
        this.name = name;
        this.type = type;
        this.shape = shape.clone();
        this.scale = scale;
        this.zeroPoint = zeroPoint;
    }

    /** The shape, such as [1, 320, 320, 3], in these words. */
    String shapeText() {
        return Arrays.toString(shape);
    }

    /** Length of the last axis. */
    int lastAxis() {
        return shape[shape.length - 1];
    }

    boolean hasShape(int... expected) {
        return Arrays.equals(shape, expected);
    }

    /** Bytes of the whole tensor, for the two types that an ffkeras file has at its borders. */
    int byteCount() {
        int count = type.equals("int8") ? 1 : 4;
        for (int side : shape) {
            count *= side;
        }
        return count;
    }
}
