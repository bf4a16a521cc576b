package ffkeras.picture;

import ffkeras.detector.StageTimes;

/** Frames per second, and the mean times of a frame's stages over the last whole second, so that they can be read. */
public final class FrameMeter {
    private static final long SECOND = 1000000000L; // in nanoseconds
    private static final long PAUSE = 3 * SECOND; // without a frame: the camera was off, which is no slow frame

    private StageTimes mean = new StageTimes(0, 0, 0);
    private double rate;
    private boolean counts; // a frame was seen
    private long since; // nanoseconds; the start of the second that is counted
    private long last; // nanoseconds; when the last frame was done
    private int frames;
    private double before;
    private double network;
    private double after;

    /**
     * Counts a frame.
     *
     * @param conversion milliseconds that it took to make the frame's picture, which count as before the network
     * @param times of its detection
     * @param now nanoseconds of a clock that only goes forwards, when the frame was done
     */
    public void add(double conversion, StageTimes times, long now) {
        boolean starts = !counts || now - last > PAUSE;
        counts = true;
        last = now;
        if (starts) { // the first one is shown at once
            mean = new StageTimes(conversion + times.before, times.network, times.after);
            rate = 0;
            startSecond(now);
            return;
        }
        frames++;
        before += conversion + times.before;
        network += times.network;
        after += times.after;
        if (now - since >= SECOND) {
            mean = new StageTimes(before / frames, network / frames, after / frames);
            rate = frames / ((now - since) / (double) SECOND);
            startSecond(now);
        }
    }

    /** Mean times of a frame's stages. */
    public StageTimes mean() {
        return mean;
    }

    /** Frames per second; 0 where less than a second was counted. */
    public double rate() {
        return rate;
    }

    private void startSecond(long now) {
        since = now;
        frames = 0;
        before = network = after = 0;
    }
}
