package ffkeras.detector;

import ffkeras.picture.ExifOrientation;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.util.Locale;

/** The process that is attacked: reads the files whose names it gets, and says how each ended; see readers.py. */
public final class Opener {
    private static final int LONGEST = 1000;
    private static final double NANOSECONDS = 1e9;

    private Opener() {}

    /** A line in is a path; a line out: accepted, refused or traceback, megabytes, seconds. */
    public static void main(String[] arguments) throws IOException {
        BufferedReader paths = new BufferedReader(new InputStreamReader(System.in, Charset.forName("UTF-8")));
        for (String path = paths.readLine(); path != null; path = paths.readLine()) {
            long start = System.nanoTime();
            String outcome = outcome(path, arguments[0].equals("picture"));
            System.out.printf(Locale.ROOT, "%s %d %.3f%n", outcome, megabytes(), (System.nanoTime() - start) / NANOSECONDS);
            System.out.flush();
        }
    }

    private static String outcome(String path, boolean isPicture) throws IOException {
        byte[] file = Files.readAllBytes(new File(path).toPath());
        try {
            if (isPicture) {
                int orientation = ExifOrientation.read(file);
                if (orientation < 1 || orientation > 8) {
                    throw new IllegalStateException("orientation " + orientation);
                }
            } else {
                Metadata record = Metadata.read(file, path);
                record.anchors.make(record.height, record.width);
            }
            return "accepted";
        } catch (UserError error) {
            String sentence = error.getMessage();
            if (sentence.contains(path) && sentence.indexOf('\n') < 0 && sentence.length() < LONGEST) {
                return "refused";
            }
            System.err.println("not one sentence about the file: " + sentence);
            return "traceback";
        } catch (RuntimeException | Error error) {
            error.printStackTrace();
            return "traceback";
        }
    }

    /** The most memory that this process has taken; 0 where there is no Linux. */
    private static int megabytes() throws IOException {
        File status = new File("/proc/self/status");
        if (status.exists()) {
            for (String line : Files.readAllLines(status.toPath())) {
                if (line.startsWith("VmHWM:")) {
                    return Integer.parseInt(line.replaceAll("[^0-9]", "")) / 1024;
                }
            }
        }
        return 0;
    }
}
