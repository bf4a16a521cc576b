package ffkeras.picture;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class PhotoSizeTest {
    @Test
    public void aPhotographIsHalvedUntilItsLongerSideIsShortEnough() {
        assertEquals(1, PhotoSize.divisor(640, 480));
        assertEquals(1, PhotoSize.divisor(2048, 2048));
        assertEquals(2, PhotoSize.divisor(4032, 3024));
        assertEquals(8, PhotoSize.divisor(500, 16000));
    }

    @Test
    public void aFileWithoutASizeIsLeftAlone() {
        assertEquals(1, PhotoSize.divisor(-1, -1)); // what BitmapFactory says of a file that is no image
    }
}
