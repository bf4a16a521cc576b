package ffkeras.detector;

/** A way to TFLite's interpreter: org.tensorflow.lite on Android, another on a JVM. */
public interface TfliteBinding {
    /**
     * Loads a file and allocates its tensors.
     *
     * @param model the file's bytes
     * @param threads threads of the interpreter, at least 1
     * @throws LoadException the interpreter refuses the file, or cannot be had; the message says why
     */
    TfliteGraph load(byte[] model, int threads) throws LoadException;

    /** An interpreter refused a file. */
    final class LoadException extends Exception {
        /** A refusal with the interpreter's reason. */
        public LoadException(String reason, Throwable cause) {
            super(reason, cause);
        }
    }
}
