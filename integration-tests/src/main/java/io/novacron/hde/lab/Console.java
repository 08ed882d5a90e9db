package io.novacron.hde.lab;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a guest's console says about the guest's memory.
 *
 * @param rounds how often the checking program has gone through all of its memory and found it right
 * @param complaints lines that show that something in the guest is wrong
 */
public record Console(long rounds, List<String> complaints) {
    private static final Pattern ROUND = Pattern.compile("check: round (\\d+): \\d+ pages ok");
    private static final Pattern COMPLAINT = Pattern.compile("WRONG|Kernel panic|BUG:|Oops|segfault|general protection"
            + "|Out of memory|I/O error|soft lockup|^lab: the checking program ended");

    public Console {
        complaints = List.copyOf(complaints);
    }

    /** Reads the text of a console. */
    static Console of(String text) {
        long rounds = 0;
        Matcher round = ROUND.matcher(text);
        while (round.find()) {
            rounds = Long.parseLong(round.group(1));
        }
        return new Console(
                rounds,
                text.lines().filter(line -> COMPLAINT.matcher(line).find()).toList());
    }

    /** Whether nothing wrong was seen. */
    public boolean clean() {
        return complaints.isEmpty();
    }
}
