package ffkeras.detector;

/** The bytes are no TFLite file, or not a whole one. */
final class BrokenFileException extends Exception {
    BrokenFileException(String reason) {
        super(reason);
    }
}
