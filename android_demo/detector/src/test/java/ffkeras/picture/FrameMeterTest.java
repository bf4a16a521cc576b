package ffkeras.picture;

import static org.junit.Assert.assertEquals;

import ffkeras.detector.StageTimes;
import org.junit.Test;

public class FrameMeterTest {
    private static final long MILLISECOND = 1000000L;
    private static final double EXACT = 1e-9;

    private final FrameMeter meter = new FrameMeter();

    @Test
    public void theFirstFrameIsShownAtOnceWithoutARate() {
        meter.add(2, new StageTimes(3, 8, 1), 0);
        assertEquals(5, meter.mean().before, EXACT);
        assertEquals(8, meter.mean().network, EXACT);
        assertEquals(1, meter.mean().after, EXACT);
        assertEquals(0, meter.rate(), EXACT);
    }

    @Test
    public void aSecondOfFramesIsAveraged() {
        meter.add(0, new StageTimes(1, 1, 1), 0);
        for (int frame = 1; frame <= 20; frame++) { // every 50 ms, by turns 8 and 12 ms
            meter.add(1, new StageTimes(2, frame % 2 == 0 ? 8 : 12, 0.5), frame * 50 * MILLISECOND);
        }
        assertEquals(20, meter.rate(), EXACT);
        assertEquals(3, meter.mean().before, EXACT);
        assertEquals(10, meter.mean().network, EXACT);
        assertEquals(0.5, meter.mean().after, EXACT);
    }

    @Test
    public void anotherSecondStartsAnew() {
        aSecondOfFramesIsAveraged();
        for (int frame = 1; frame <= 10; frame++) {
            meter.add(1, new StageTimes(3, 20, 1), 1000 * MILLISECOND + frame * 100 * MILLISECOND);
        }
        assertEquals(10, meter.rate(), EXACT);
        assertEquals(20, meter.mean().network, EXACT);
    }

    @Test
    public void aPauseIsNoSlowFrame() {
        aSecondOfFramesIsAveraged();
        long resumed = 60000 * MILLISECOND;
        meter.add(0, new StageTimes(1, 2, 3), resumed);
        assertEquals(0, meter.rate(), EXACT);
        assertEquals(2, meter.mean().network, EXACT);
        for (int frame = 1; frame <= 10; frame++) {
            meter.add(0, new StageTimes(1, 4, 3), resumed + frame * 100 * MILLISECOND);
        }
        assertEquals(10, meter.rate(), EXACT);
        assertEquals(4, meter.mean().network, EXACT);
    }
}
