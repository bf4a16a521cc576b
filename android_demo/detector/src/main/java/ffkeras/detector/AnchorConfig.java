package ffkeras.detector;

import java.math.BigInteger;
import java.util.List;

/** Where anchors sit and how large they are (SSD, Liu et al. 2016, sec. 2.2): square, at every cell of every level. */
public final class AnchorConfig {
    private final double[][] sizes;
    private final int[] strides;

    /**
     * Anchors as a record gives them.
     *
     * @param sizes for each pyramid level the sides of its square anchors, in pixels of the network input; as many on
     *     every level
     * @param strides pixels of the network input per cell, one for each level
     * @throws IllegalArgumentException levels that do not agree, or a size or stride that is not a number above zero
     */
    AnchorConfig(List<?> sizes, List<?> strides) {
        check(sizes, strides);
        this.sizes = new double[sizes.size()][];
        this.strides = new int[sizes.size()];
        for (int level = 0; level < this.sizes.length; level++) {
            List<?> sides = (List<?>) sizes.get(level);
            this.sizes[level] = new double[sides.size()];
            for (int i = 0; i < sides.size(); i++) {
                this.sizes[level][i] = ((Number) sides.get(i)).doubleValue();
            }
            this.strides[level] = ((Number) strides.get(level)).intValue();
        }
    }

    /** Pixels of the network input per cell of the deepest level. */
    int largestStride() {
        int largest = 0;
        for (int stride : strides) {
            largest = Math.max(largest, stride);
        }
        return largest;
    }

    /** The largest number of pixels that is a size or a stride. */
    double largest() {
        double largest = largestStride();
        for (double[] level : sizes) {
            for (double side : level) {
                largest = Math.max(largest, side);
            }
        }
        return largest;
    }

    /** Anchors of each level of a network input of this size, the finest first. */
    long[] counts(int height, int width) {
        long[] counts = new long[sizes.length];
        for (int level = 0; level < counts.length; level++) {
            counts[level] = (long) sizes[level].length * (height / strides[level]) * (width / strides[level]);
        }
        return counts;
    }

    /** Anchors of a network input of this size: rows of each output. */
    long count(int height, int width) {
        long count = 0;
        for (long each : counts(height, width)) {
            count += each;
        }
        return count;
    }

    /**
     * All anchors of a network input, cell by cell, row-major, P3 then P4 then P5.
     *
     * @return [A, 4]: (cx, cy, w, h), normalised to the input
     */
    float[] make(int height, int width) {
        float[] anchors = new float[4 * (int) count(height, width)];
        int next = 0;
        for (int level = 0; level < sizes.length; level++) {
            int stride = strides[level];
            for (int row = 0; row < height / stride; row++) {
                for (int column = 0; column < width / stride; column++) {
                    for (double side : sizes[level]) {
                        anchors[next++] = (float) ((column + 0.5) * stride / width);
                        anchors[next++] = (float) ((row + 0.5) * stride / height);
                        anchors[next++] = (float) (side / width);
                        anchors[next++] = (float) (side / height);
                    }
                }
            }
        }
        return anchors;
    }

    private static void check(List<?> sizes, List<?> strides) {
        require(sizes.size() == strides.size(), sizes.size() + " levels of sizes for " + strides.size() + " strides");
        for (Object level : sizes) {
            require(level instanceof List, "anchor sizes " + PythonText.of(sizes) + " are not a list for each level");
        }
        require(!sizes.isEmpty(), "anchors with no levels");
        String named = "anchor sizes " + PythonText.tuple(sizes);
        int perCell = ((List<?>) sizes.get(0)).size();
        for (Object level : sizes) {
            boolean even = perCell > 0 && ((List<?>) level).size() == perCell;
            require(even, named + ": every level needs as many anchors, at least one");
        }
        for (Object level : sizes) {
            for (Object side : (List<?>) level) {
                double value = side instanceof Number ? ((Number) side).doubleValue() : 0;
                require(value > 0 && !Double.isInfinite(value), named + " are not all numbers above zero");
            }
        }
        for (Object stride : strides) {
            boolean whole = stride instanceof BigInteger && ((BigInteger) stride).signum() > 0;
            String reason = "anchor strides " + PythonText.tuple(strides) + " are not all whole numbers above zero";
            require(whole && ((BigInteger) stride).bitLength() < 32, reason);
        }
    }

    private static void require(boolean condition, String reason) {
        if (!condition) {
            throw new IllegalArgumentException(reason);
        }
    }
}
