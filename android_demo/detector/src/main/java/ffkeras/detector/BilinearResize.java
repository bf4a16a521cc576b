package ffkeras.detector;

/**
 * Bilinear resizing that gives the bytes of OpenCV's cv2.resize with INTER_LINEAR on uint8 pictures.
 *
 * <p>Coordinates are of half-pixel centres in float, coefficients whole numbers of 11 bits. Columns beyond the edge take
 * the edge pixel alone; rows beyond it keep their two coefficients, on the same row twice, which rounds differently.
 * Keeps its buffers between calls: not for use from several threads at once.
 */
final class BilinearResize {
    private static final int COEFFICIENT_SCALE = 1 << 11;

    private final int[][] rows = new int[2][]; // of the source, interpolated to the new width, 11 bits up
    private final int[] rowIndices = new int[2];
    private int[] leftOffsets = {};
    private int[] rightOffsets = {};
    private int[] leftWeights = {};

    /**
     * Resizes a picture into the top left of a canvas.
     *
     * @param source at least one pixel
     * @param width new width in pixels, at least 1
     * @param height new height in pixels, at least 1
     * @param canvas uint8 BGR rows of `canvasWidth` pixels
     */
    void resize(BgrImage source, int width, int height, byte[] canvas, int canvasWidth) {
        if (source.width == width && source.height == height) {
            for (int y = 0; y < height; y++) {
                System.arraycopy(source.pixels, 3 * y * width, canvas, 3 * y * canvasWidth, 3 * width);
            }
            return;
        }
        prepareColumns(source.width, width);
        double step = 1 / ((double) height / source.height);
        for (int y = 0; y < height; y++) {
            float centre = (float) ((y + 0.5) * step - 0.5);
            int top = (int) Math.floor(centre);
            float fraction = centre - top;
            int[] upper = row(source, Math.min(Math.max(top, 0), source.height - 1), width, -1);
            int kept = upper == rows[0] ? 0 : 1;
            int[] lower = row(source, Math.min(Math.max(top + 1, 0), source.height - 1), width, kept);
            mix(upper, lower, coefficient(1 - fraction), coefficient(fraction), canvas, 3 * y * canvasWidth, 3 * width);
        }
    }

    private void prepareColumns(int sourceWidth, int width) {
        rowIndices[0] = rowIndices[1] = -1;
        if (leftOffsets.length != width) {
            leftOffsets = new int[width];
            rightOffsets = new int[width];
            leftWeights = new int[width];
            rows[0] = new int[3 * width];
            rows[1] = new int[3 * width];
        }
        double step = 1 / ((double) width / sourceWidth);
        for (int x = 0; x < width; x++) {
            float centre = (float) ((x + 0.5) * step - 0.5);
            int left = (int) Math.floor(centre);
            boolean isInside = left >= 0 && left < sourceWidth - 1;
            float fraction = isInside ? centre - left : 0;
            left = Math.min(Math.max(left, 0), sourceWidth - 1);
            leftOffsets[x] = 3 * left;
            rightOffsets[x] = 3 * Math.min(left + 1, sourceWidth - 1);
            leftWeights[x] = coefficient(1 - fraction) << 16 | coefficient(fraction);
        }
    }

    /** A source row at the new width, computed unless it is there; `kept` is the buffer that must not be given up. */
    private int[] row(BgrImage source, int index, int width, int kept) {
        for (int i = 0; i < rows.length; i++) {
            if (rowIndices[i] == index) {
                return rows[i];
            }
        }
        int given = kept >= 0 ? 1 - kept : rowIndices[0] <= rowIndices[1] ? 0 : 1; // rows come from the top: the older one
        rowIndices[given] = index;
        int[] row = rows[given];
        byte[] pixels = source.pixels;
        int start = 3 * index * source.width;
        int next = 0;
        for (int x = 0; x < width; x++) {
            int left = start + leftOffsets[x];
            int right = start + rightOffsets[x];
            int leftWeight = leftWeights[x] >>> 16;
            int rightWeight = leftWeights[x] & 0xffff;
            row[next++] = (pixels[left] & 0xff) * leftWeight + (pixels[right] & 0xff) * rightWeight;
            row[next++] = (pixels[left + 1] & 0xff) * leftWeight + (pixels[right + 1] & 0xff) * rightWeight;
            row[next++] = (pixels[left + 2] & 0xff) * leftWeight + (pixels[right + 2] & 0xff) * rightWeight;
        }
        return row;
    }

    private static void mix(int[] upper, int[] lower, int upperWeight, int lowerWeight, byte[] to, int at, int count) {
        for (int i = 0; i < count; i++) {
            int sum = (upperWeight * (upper[i] >> 4) >> 16) + (lowerWeight * (lower[i] >> 4) >> 16);
            to[at + i] = (byte) (sum + 2 >> 2);
        }
    }

    private static int coefficient(float weight) {
        return (int) Math.rint(weight * COEFFICIENT_SCALE);
    }
}
