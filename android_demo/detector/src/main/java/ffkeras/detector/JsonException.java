package ffkeras.detector;

/** A text is not JSON; the message says why and where, as Python's json module does. */
final class JsonException extends Exception {
    JsonException(String reason) {
        super(reason);
    }
}
