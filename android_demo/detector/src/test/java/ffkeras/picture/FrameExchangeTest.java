package ffkeras.picture;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertSame;

import org.junit.Test;

public class FrameExchangeTest {
    private final FrameExchange<int[]> exchange = new FrameExchange<int[]>();

    @Test
    public void theLatestFrameIsShownUntilANewerOneComes() {
        assertNull(exchange.latest());
        int[] first = {1};
        exchange.publish(first);
        assertSame(first, exchange.latest());
        assertSame(first, exchange.latest());
        int[] second = {2};
        exchange.publish(second);
        assertSame(second, exchange.latest());
        assertSame(first, exchange.takeFree());
    }

    @Test
    public void aFrameThatIsShownIsNeverWrittenToAndThreeAreEnough() {
        int made = 0;
        for (int i = 0; i < 100; i++) {
            int[] frame = exchange.takeFree();
            if (frame == null) {
                frame = new int[1];
                made++;
            }
            frame[0] = i;
            if (i % 2 == 0) { // the viewer asks while a frame is being made, and every third time when it is done
                assertNotSame(frame, exchange.latest());
            }
            exchange.publish(frame);
            if (i % 3 == 0) {
                assertEquals(i, exchange.latest()[0]);
            }
        }
        assertEquals(3, made);
    }
}
