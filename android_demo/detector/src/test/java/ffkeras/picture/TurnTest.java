package ffkeras.picture;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import ffkeras.detector.BgrImage;
import org.junit.Test;

public class TurnTest {
    @Test
    public void aBackCameraIsUprightHoweverTheDeviceIsHeld() {
        assertEquals(90, Turn.ofCamera(90, 0, false).degrees()); // a phone's sensor lies on its side
        assertEquals(0, Turn.ofCamera(90, 90, false).degrees()); // the phone too, top to the left: nothing to do
        assertEquals(180, Turn.ofCamera(90, 270, false).degrees());
        assertEquals(270, Turn.ofCamera(90, 180, false).degrees());
    }

    @Test
    public void aFrontCameraTurnsTheOtherWay() {
        assertEquals(270, Turn.ofCamera(270, 0, true).degrees());
        assertEquals(0, Turn.ofCamera(270, 90, true).degrees());
        assertEquals(180, Turn.ofCamera(270, 270, true).degrees());
        assertEquals(90, Turn.ofCamera(270, 180, true).degrees());
    }

    @Test
    public void aTurnIsClockwiseAndMirrorsFirst() {
        // 1 2 3
        // 4 5 6
        assertTurned(new Turn(90, false), 2, 4, 1, 5, 2, 6, 3);
        assertTurned(new Turn(180, false), 3, 6, 5, 4, 3, 2, 1);
        assertTurned(new Turn(270, false), 2, 3, 6, 2, 5, 1, 4);
        assertTurned(new Turn(0, true), 3, 3, 2, 1, 6, 5, 4);
        assertTurned(new Turn(90, true), 2, 6, 3, 5, 2, 4, 1);
        assertTurned(new Turn(-90, true), 2, 1, 4, 2, 5, 3, 6);
        assertTurned(Turn.NONE, 3, 1, 2, 3, 4, 5, 6);
    }

    @Test
    public void aPictureOfOneColumnIsTurned() {
        BgrImage column = new BgrImage(1, 2, new byte[] {1, 1, 1, 2, 2, 2});
        BgrImage row = new Turn(90, false).apply(column);
        assertEquals(2, row.width);
        assertArrayEquals(new byte[] {2, 2, 2, 1, 1, 1}, row.pixels);
    }

    private static void assertTurned(Turn turn, int width, int... expected) {
        byte[] pixels = new byte[18];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (10 * (i / 3 + 1) + i % 3); // three channels that differ
        }
        BgrImage turned = turn.apply(new BgrImage(3, 2, pixels));
        assertEquals(width, turned.width);
        assertEquals(6 / width, turned.height);
        for (int i = 0; i < pixels.length; i++) {
            assertEquals(10 * expected[i / 3] + i % 3, turned.pixels[i]);
        }
    }
}
