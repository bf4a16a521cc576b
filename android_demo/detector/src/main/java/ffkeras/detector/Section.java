package ffkeras.detector;

/** Where in a file something is: bytes `start` to `end`, the last one not included. */
final class Section {
    final int start;
    final int end;

    Section(int start, int end) {
        this.start = start;
        this.end = end;
    }
}
