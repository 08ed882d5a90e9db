package io.novacron.hde.lab;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What the bench was asked for.
 *
 * @param images directory of images that there are already; null to have the lab make them
 * @param keep whether images that the lab makes stay
 * @param level zstd's level in the codec
 */
record BenchSettings(Path images, boolean keep, String level) {
    private static final Pattern LEVEL = Pattern.compile("-?[0-9]{1,2}");

    /** Reads the command line. */
    static BenchSettings parse(List<String> arguments) throws DemoOptions.BadOption {
        Path images = null;
        boolean keep = false;
        // what the agents come to where a thin link leaves them the time
        String level = "9";
        Iterator<String> words = arguments.iterator();
        while (words.hasNext()) {
            String option = words.next();
            switch (option) {
                case "--keep" -> keep = true;
                case "--images" -> images = Path.of(value(option, words));
                case "--level" -> {
                    level = value(option, words);
                    if (!LEVEL.matcher(level).matches()) {
                        throw new DemoOptions.BadOption("--level must be a number, not '" + level + "'");
                    }
                }
                default ->
                    throw new DemoOptions.BadOption(
                            "bench has no option '" + option + "', only --images DIRECTORY, --keep and --level N");
            }
        }
        if (images != null && keep) {
            throw new DemoOptions.BadOption("--keep is for images that the lab makes, not for those of --images");
        }
        return new BenchSettings(images, keep, level);
    }

    private static String value(String option, Iterator<String> words) throws DemoOptions.BadOption {
        if (!words.hasNext()) {
            throw new DemoOptions.BadOption(option + " needs a value");
        }
        return words.next();
    }
}
