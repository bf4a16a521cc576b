package ffkeras.picture;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ViewFitTest {
    private static final float EXACT = 1e-4f;

    @Test
    public void aWidePictureInATallViewIsInTheMiddle() {
        ViewFit fit = new ViewFit(640, 480, 1080, 1920, false);
        assertEquals(1.6875f, fit.scale, EXACT);
        assertEquals(0, fit.left, EXACT);
        assertEquals(555, fit.top, EXACT);
        assertEquals(1080, fit.x(640), EXACT);
        assertEquals(1365, fit.y(480), EXACT);
    }

    @Test
    public void aTallPictureInAWideViewIsInTheMiddle() {
        ViewFit fit = new ViewFit(480, 640, 1920, 1080, false);
        assertEquals(555, fit.x(0), EXACT);
        assertEquals(1365, fit.x(480), EXACT);
        assertEquals(0, fit.y(0), EXACT);
        assertEquals(1080, fit.y(640), EXACT);
    }

    @Test
    public void aMirroredPictureSwapsLeftAndRightInItsPlace() {
        ViewFit fit = new ViewFit(480, 640, 1920, 1080, true);
        assertEquals(1365, fit.x(0), EXACT);
        assertEquals(555, fit.x(480), EXACT);
        assertEquals(960, fit.x(240), EXACT);
        assertEquals(0, fit.y(0), EXACT);
    }
}
