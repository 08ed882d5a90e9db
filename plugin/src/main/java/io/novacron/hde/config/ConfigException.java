package io.novacron.hde.config;

import java.util.List;

/** A configuration that cannot be used. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<String> problems;

    ConfigException(List<String> problems) {
        super(problems.get(0));
        this.problems = List.copyOf(problems);
    }

    /** Everything that is wrong, each in one line: {@code FILE:LINE: option.path: reason and what is allowed}. */
    public List<String> problems() {
        return problems;
    }
}
