package io.novacron.hde.lab;

import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the demo was asked for.
 *
 * @param rate of the link, as {@code tc} takes it, or {@code unshaped}
 * @param cases to run
 */
record DemoOptions(String rate, Set<DemoCase> cases) {
    private static final Pattern RATE = Pattern.compile("[1-9][0-9]*(kbit|mbit|gbit)");

    /** A command line that the demo does not understand; the message is one line for the user. */
    static final class BadOption extends Exception {
        private static final long serialVersionUID = 1L;

        BadOption(String message) {
            super(message);
        }
    }

    /** Reads the command line. */
    static DemoOptions parse(List<String> arguments) throws BadOption {
        String rate = "100mbit";
        Set<DemoCase> cases = EnumSet.allOf(DemoCase.class);
        Iterator<String> words = arguments.iterator();
        while (words.hasNext()) {
            String option = words.next();
            if (!option.equals("--rate") && !option.equals("--cases")) {
                throw new BadOption("demo has no option '" + option + "', only --rate RATE and --cases CASE,...");
            }
            if (!words.hasNext()) {
                throw new BadOption(option + " needs a value");
            }
            String value = words.next();
            if (option.equals("--rate")) {
                rate = rate(value);
            } else {
                cases = cases(value);
            }
        }
        return new DemoOptions(rate, cases);
    }

    private static String rate(String value) throws BadOption {
        String rate = value.toLowerCase(Locale.ROOT);
        if (!rate.equals("unshaped") && !RATE.matcher(rate).matches()) {
            throw new BadOption("--rate must be like 100mbit or 1gbit, or unshaped, not '" + value + "'");
        }
        return rate;
    }

    private static Set<DemoCase> cases(String value) throws BadOption {
        Set<DemoCase> cases = EnumSet.noneOf(DemoCase.class);
        for (String word : value.split(",", -1)) {
            cases.add(caseOf(word));
        }
        for (DemoCase wanted : cases) {
            if (wanted.needs() != null && !cases.contains(wanted.needs())) {
                throw new BadOption("case " + wanted.word() + " needs case "
                        + wanted.needs().word() + " before it");
            }
        }
        return cases;
    }

    private static DemoCase caseOf(String word) throws BadOption {
        for (DemoCase each : DemoCase.values()) {
            if (each.word().equals(word)) {
                return each;
            }
        }
        throw new BadOption("--cases knows plain, first, return, again, sibling and seeded, not '" + word + "'");
    }
}
