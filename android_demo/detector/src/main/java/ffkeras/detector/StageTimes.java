package ffkeras.detector;

/** How long the stages of one detection took, in milliseconds. */
public final class StageTimes {
    /** Letterbox and quantised input. */
    public final double before;
    /** The network. */
    public final double network;
    /** Decoding and suppression. */
    public final double after;

    /** Times in milliseconds. */
    public StageTimes(double before, double network, double after) {
        this.before = before;
        this.network = network;
        this.after = after;
    }
}
