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
    private final long[] levels; // anchors of each pyramid level where the graph joins them in this tensor

    /** A tensor's details. */
    public TensorDetails(String name, String type, int[] shape, float scale, int zeroPoint) {
        this(name, type, shape, scale, zeroPoint, new long[0]);
    }

    TensorDetails(String name, String type, int[] shape, float scale, int zeroPoint, long[] levels) {
        this.levels = levels.clone();
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

    boolean hasShape(long... expected) {
        boolean same = shape.length == expected.length;
        for (int axis = 0; same && axis < shape.length; axis++) {
            same = shape[axis] == expected[axis];
        }
        return same;
    }

    /** The anchors of each pyramid level where the graph joins them in this tensor; empty where it does not. */
    long[] levels() {
        return levels.clone();
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
