package io.novacron.hde.doctor;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A file of libvirt's form: {@code key = value} lines, strings in quotes. Lists are not read. */
final class LibvirtConf {
    private static final Pattern LINE =
            Pattern.compile("\\s*([a-z_0-9]+)\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)'|(-?[0-9]+))\\s*(?:#.*)?");

    private final Map<String, String> values = new HashMap<>();

    private LibvirtConf(List<String> lines) {
        for (String line : lines) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                String text = matcher.group(2) != null ? matcher.group(2) : matcher.group(3);
                values.put(matcher.group(1), text != null ? text : matcher.group(4));
            }
        }
    }

    /** @param absolute the path as it is on a host; where it is not there, nothing is set */
    static LibvirtConf read(SystemFiles system, String absolute) throws IOException {
        return new LibvirtConf(system.lines(absolute));
    }

    Optional<String> text(String key) {
        return Optional.ofNullable(values.get(key));
    }

    OptionalInt number(String key) {
        try {
            return values.containsKey(key) ? OptionalInt.of(Integer.parseInt(values.get(key))) : OptionalInt.empty();
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }
}
