package ffkeras.detector;

/** Something that a user can put right; the message is one sentence that says what and how, as Python's does. */
public final class UserError extends Exception {
    /** An error with its sentence. */
    public UserError(String sentence) {
        super(sentence);
    }

    /** An error with its sentence and what caused it. */
    public UserError(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
