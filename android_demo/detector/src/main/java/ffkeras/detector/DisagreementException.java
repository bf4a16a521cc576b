package ffkeras.detector;

/** A graph is not the one that its record speaks of; the message says in what. */
final class DisagreementException extends Exception {
    DisagreementException(String reason) {
        super(reason);
    }
}
