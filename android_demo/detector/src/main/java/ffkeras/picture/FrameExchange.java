package ffkeras.picture;

import java.util.ArrayDeque;

/**
 * Hands frames from the thread that makes them to the one that shows them: only the latest is shown, and a frame that is
 * being shown is not written to. Three frames circulate at most. For use from both threads.
 *
 * @param <T> a frame's type
 */
public final class FrameExchange<T> {
    private final ArrayDeque<T> free = new ArrayDeque<T>();
    private T fresh;
    private T shown;

    /** The maker's next frame to write to; null where a new one must be made. */
    public synchronized T takeFree() {
        return free.poll();
    }

    /** The maker has finished a frame; one that was never shown becomes free. */
    public synchronized void publish(T frame) {
        if (fresh != null) {
            free.add(fresh);
        }
        fresh = frame;
    }

    /** The latest frame, to be shown until the next call; null where there is none yet. */
    public synchronized T latest() {
        if (fresh != null) {
            if (shown != null) {
                free.add(shown);
            }
            shown = fresh;
            fresh = null;
        }
        return shown;
    }
}
