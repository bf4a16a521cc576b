package ffkeras.picture;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import java.util.ArrayList;
import java.util.List;
import org.junit.Test;

public class FrameSizeTest {
    @Test
    public void theSmallestThatFillsALargeInputIsChosen() {
        assertChosen(640, 480, 4032, 3024, 1920, 1080, 640, 480, 320, 240, 640, 360);
        assertChosen(720, 720, 4032, 3024, 720, 720, 640, 400);
        assertChosen(480, 640, 1280, 960, 480, 640); // a camera that counts the other way round
    }

    @Test
    public void theLargestIsChosenWhereAllAreSmall() {
        assertChosen(352, 288, 176, 144, 352, 288, 320, 240);
    }

    @Test
    public void aCameraWithoutSizesHasNone() {
        assertNull(FrameSize.choose(new ArrayList<FrameSize>()));
    }

    private static void assertChosen(int width, int height, int... offered) {
        List<FrameSize> sizes = new ArrayList<FrameSize>();
        for (int i = 0; i < offered.length; i += 2) {
            sizes.add(new FrameSize(offered[i], offered[i + 1]));
        }
        FrameSize chosen = FrameSize.choose(sizes);
        assertEquals(width, chosen.width);
        assertEquals(height, chosen.height);
    }
}
