package io.novacron.hde.lab;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;

/**
 * What the soak with faults was asked for.
 *
 * @param duration after which no further round begins
 * @param seed of the faults
 */
record FaultsOptions(Duration duration, long seed) {
    private static final int DEFAULT_MINUTES = 10;
    private static final int MOST_MINUTES = 24 * 60;

    /**
     * Reads the command line.
     *
     * @param anySeed for a run to which none is given
     */
    static FaultsOptions parse(List<String> arguments, long anySeed) throws DemoOptions.BadOption {
        long minutes = DEFAULT_MINUTES;
        long seed = anySeed;
        Iterator<String> words = arguments.iterator();
        while (words.hasNext()) {
            String option = words.next();
            if (!option.equals("--minutes") && !option.equals("--seed")) {
                throw new DemoOptions.BadOption("faults has no option '" + option + "', only --minutes N and --seed S");
            }
            if (!words.hasNext()) {
                throw new DemoOptions.BadOption(option + " needs a value");
            }
            String value = words.next();
            if (option.equals("--minutes")) {
                minutes = number(option, value, 1, MOST_MINUTES);
            } else {
                seed = number(option, value, Long.MIN_VALUE, Long.MAX_VALUE);
            }
        }
        return new FaultsOptions(Duration.ofMinutes(minutes), seed);
    }

    private static long number(String option, String value, long least, long most) throws DemoOptions.BadOption {
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new DemoOptions.BadOption(
                option + " must be a number from " + least + " to " + most + ", not '" + value + "'");
    }
}
