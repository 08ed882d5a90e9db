package io.novacron.hde.lab;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place in an agent's log: what matters is what it says from here on. */
record LogMark(Agent agent, int length) {
    static LogMark of(LabHost host) {
        return new LogMark(host.agent(), host.agent().log().length());
    }

    String since() {
        return agent.log().substring(length);
    }

    /** The first whole line from here on that matches the regular expression somewhere; waits for it. */
    String await(String regex) {
        Pattern pattern = Pattern.compile(".*(" + regex + ").*\n");
        Waiting.until(
                "a line with '" + regex + "' in the agent's log",
                Duration.ofSeconds(30),
                () -> pattern.matcher(since()).find(),
                this::since);
        Matcher matcher = pattern.matcher(since());
        if (!matcher.find()) {
            throw new LabException("lab: the agent's log lost a line with '" + regex + "'");
        }
        return matcher.group().stripTrailing();
    }
}
