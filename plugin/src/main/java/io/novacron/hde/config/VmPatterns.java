package io.novacron.hde.config;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * VMs by their names, in which {@code *} stands for any characters and {@code ?} for one.
 *
 * @param patterns a VM is meant if one of them is its whole name
 */
public record VmPatterns(List<String> patterns) {
    /** No VM. */
    public static final VmPatterns NONE = new VmPatterns(List.of());

    static final String ALLOWED =
            "none, or names of VMs, separated by commas, in which * stands for any characters and ? for one";

    private static final Pattern FORBIDDEN = Pattern.compile("[/\\p{Cntrl}]");

    public VmPatterns {
        patterns = List.copyOf(patterns);
    }

    /** Whether the VM of this name is meant. */
    public boolean matches(String vm) {
        return patterns.stream().anyMatch(pattern -> regex(pattern).matcher(vm).matches());
    }

    private static Pattern regex(String pattern) {
        return Pattern.compile(
                pattern.chars()
                        .mapToObj(c -> switch (c) {
                            case '*' -> ".*";
                            case '?' -> ".";
                            default -> Pattern.quote(Character.toString(c));
                        })
                        .collect(Collectors.joining()),
                Pattern.DOTALL);
    }

    static VmPatterns parse(String text) {
        if (text.equals("none")) {
            return NONE;
        }
        List<String> patterns =
                Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        if (text.isEmpty()
                || patterns.stream()
                        .anyMatch(each ->
                                each.isEmpty() || FORBIDDEN.matcher(each).find())) {
            throw new IllegalArgumentException("not a list of VMs' names");
        }
        return new VmPatterns(patterns);
    }

    @Override
    public String toString() {
        return patterns.isEmpty() ? "none" : String.join(", ", patterns);
    }
}
