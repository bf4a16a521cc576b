package ffkeras.picture;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import ffkeras.detector.Face;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;

public class FacePainterTest {
    private static final Face FACE =
            new Face(new float[] {10, 20, 30, 60}, 0.875f, new float[] {12, 30, 26, 30, 20, 40, 14, 50, 24, 50});

    @Test
    public void everythingIsDrawnWhereTheViewShowsIt() {
        Recorder drawn = paint(new ViewFit(100, 100, 200, 300, false));
        assertEquals(Arrays.asList("outline 20 90 60 170"), drawn.starting("outline"));
        assertEquals(
                Arrays.asList("disc 24 110", "disc 52 110", "disc 40 130", "disc 28 150", "disc 48 150"),
                drawn.starting("disc"));
        assertEquals(Arrays.asList("bar 20 74 64 90"), drawn.starting("bar")); // above the box
        assertEquals(Arrays.asList("text 0.88 22 86"), drawn.starting("text"));
    }

    @Test
    public void aMirroredBoxHasItsLeftSideLeft() {
        Recorder drawn = paint(new ViewFit(100, 100, 200, 300, true));
        assertEquals(Arrays.asList("outline 140 90 180 170"), drawn.starting("outline"));
        assertEquals("disc 176 110", drawn.starting("disc").get(0)); // the first eye, right of the second
        assertEquals("disc 148 110", drawn.starting("disc").get(1));
    }

    @Test
    public void theScoreOfABoxAtTheTopStaysInThePicture() {
        Face high = new Face(new float[] {10, 0, 30, 60}, 0.5f, FACE.landmarks);
        Recorder drawn = new Recorder();
        new FacePainter(1).paint(Arrays.asList(high), new ViewFit(100, 100, 200, 300, false), drawn);
        assertEquals(Arrays.asList("bar 20 50 64 66"), drawn.starting("bar"));
    }

    @Test
    public void noFaceDrawsNothing() {
        Recorder drawn = new Recorder();
        new FacePainter(1).paint(new ArrayList<Face>(), new ViewFit(100, 100, 200, 300, false), drawn);
        assertTrue(drawn.starting("").isEmpty());
    }

    private static Recorder paint(ViewFit fit) {
        Recorder drawn = new Recorder();
        new FacePainter(1).paint(Arrays.asList(FACE), fit, drawn);
        return drawn;
    }

    /** Writes down what is drawn, to whole pixels; every letter is 10 wide. */
    private static final class Recorder implements Brush {
        private final List<String> drawn = new ArrayList<String>();

        List<String> starting(String word) {
            List<String> found = new ArrayList<String>();
            for (String line : drawn) {
                if (line.startsWith(word)) {
                    found.add(line);
                }
            }
            return found;
        }

        private void write(String what, float... places) {
            StringBuilder line = new StringBuilder(what);
            for (float place : places) {
                line.append(' ').append(Math.round(place));
            }
            drawn.add(line.toString());
        }

        @Override
        public void outline(float left, float top, float right, float bottom, float thickness, int colour) {
            write("outline", left, top, right, bottom);
        }

        @Override
        public void bar(float left, float top, float right, float bottom, int colour) {
            write("bar", left, top, right, bottom);
        }

        @Override
        public void disc(float x, float y, float radius, int colour) {
            write("disc", x, y);
        }

        @Override
        public void text(String text, float x, float baseline, float size, int colour) {
            write("text " + text, x, baseline);
        }

        @Override
        public float textWidth(String text, float size) {
            return 10 * text.length();
        }
    }
}
