package ffkeras.detector;

import java.util.Arrays;

/** Greedy non-maximum suppression. */
final class Suppression {
    private Suppression() {}

    /**
     * Which boxes stay.
     *
     * @param boxes [N, 4] corners, finite, best first
     * @param iouThreshold a box that overlaps a better one by more than this is dropped, 0..1
     * @param limit stop after this many boxes
     * @return indices of the boxes that stay, best first
     */
    static int[] keep(float[] boxes, float iouThreshold, int limit) {
        int count = boxes.length / 4;
        float[] areas = new float[count];
        for (int i = 0; i < count; i++) {
            float width = Math.max(boxes[4 * i + 2] - boxes[4 * i], 0);
            areas[i] = width * Math.max(boxes[4 * i + 3] - boxes[4 * i + 1], 0);
        }
        boolean[] dropped = new boolean[count];
        int[] kept = new int[Math.min(count, limit)];
        int found = 0;
        for (int best = 0; best < count && found < limit; best++) {
            if (dropped[best]) {
                continue;
            }
            kept[found++] = best;
            for (int i = best + 1; i < count; i++) {
                if (!dropped[i]) {
                    float shared = intersection(boxes, 4 * best, 4 * i);
                    dropped[i] = !(shared <= iouThreshold * (areas[best] + areas[i] - shared));
                }
            }
        }
        return Arrays.copyOf(kept, found);
    }

    private static float intersection(float[] boxes, int a, int b) {
        float width = Math.min(boxes[a + 2], boxes[b + 2]) - Math.max(boxes[a], boxes[b]);
        float height = Math.min(boxes[a + 3], boxes[b + 3]) - Math.max(boxes[a + 1], boxes[b + 1]);
        return Math.max(width, 0) * Math.max(height, 0);
    }
}
