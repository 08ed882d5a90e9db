package io.novacron.hde.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How an option's text becomes its value and back.
 *
 * @param allowed what may be written, for error messages and the reference
 * @param parse throws IllegalArgumentException with the reason
 * @param render the text from which {@code parse} makes the same value
 */
record OptionType<T>(String allowed, Function<String, T> parse, Function<T, String> render) {
    private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,9}");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,6}(\\.[0-9]{1,6})?");
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,18}) ?(B|KiB|MiB|GiB|TiB)?");
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9}) ?(ms|s|m|h|d)");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");
    private static final Pattern CERTIFICATE_NAME = Pattern.compile("[\\x21-\\x7e]{1,253}");
    private static final Pattern LOOPBACK = Pattern.compile("127(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}");
    private static final Pattern MODE = Pattern.compile("0?[0-7]{3}");
    private static final List<String> SIZE_UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

    /** Names that are taken beside the peers' directories in sockets.directory. */
    private static final Set<String> TAKEN = Set.of("hooks", "control.sock");

    static OptionType<String> name() {
        return new OptionType<>(
                "1 to 64 letters, digits, '.', '_' and '-', beginning with a letter, digit or '_', but neither "
                        + "\"hooks\" nor \"control.sock\"",
                text -> {
                    if (!isName(text)) {
                        throw new IllegalArgumentException("not a name for a host");
                    }
                    return text;
                },
                Function.identity());
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches() && !TAKEN.contains(text);
    }

    static OptionType<String> certificateName() {
        return matching(CERTIFICATE_NAME, "not a name in a certificate", "a name without spaces");
    }

    static OptionType<String> group() {
        return matching(NAME, "not a group's name", "the name of a group of the system");
    }

    static OptionType<Optional<String>> groupOrNone() {
        OptionType<String> group = group();
        return new OptionType<>(
                "none, or " + group.allowed(),
                text -> text.equals("none")
                        ? Optional.empty()
                        : Optional.of(group.parse().apply(text)),
                value -> value.orElse("none"));
    }

    static OptionType<String> uri() {
        return matching(
                Pattern.compile("[a-z][a-z0-9+.-]*://[\\x21-\\x7e]*"), "not a URI", "a libvirt URI, as for virsh -c");
    }

    private static OptionType<String> matching(Pattern pattern, String reason, String allowed) {
        return new OptionType<>(
                allowed,
                text -> {
                    if (!pattern.matcher(text).matches()) {
                        throw new IllegalArgumentException(reason);
                    }
                    return text;
                },
                Function.identity());
    }

    static OptionType<HostPort> address(int defaultPort) {
        return new OptionType<>(HostPort.ALLOWED, text -> HostPort.parse(text, defaultPort), HostPort::toString);
    }

    static OptionType<Optional<HostPort>> addressOrNone(int defaultPort) {
        OptionType<HostPort> address = address(defaultPort);
        return new OptionType<>(
                "none, or " + address.allowed(),
                text -> text.equals("none")
                        ? Optional.empty()
                        : Optional.of(address.parse().apply(text)),
                value -> value.map(HostPort::toString).orElse("none"));
    }

    static OptionType<Path> path() {
        return new OptionType<>(
                "an absolute path",
                text -> {
                    if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
                        throw new IllegalArgumentException("not an absolute path");
                    }
                    return Path.of(text).normalize();
                },
                Path::toString);
    }

    static OptionType<Optional<Path>> pathOrAuto() {
        OptionType<Path> path = path();
        return new OptionType<>(
                "auto, or " + path.allowed(),
                text -> text.equals("auto")
                        ? Optional.empty()
                        : Optional.of(path.parse().apply(text)),
                value -> value.map(Path::toString).orElse("auto"));
    }

    static OptionType<PortRange> ports() {
        return new OptionType<>(PortRange.ALLOWED, PortRange::parse, PortRange::toString);
    }

    /** An IPv4 address: of IPv6, a host has one loopback address only. */
    static OptionType<Optional<InetAddress>> loopbackOrNone() {
        return new OptionType<>(
                "none, or an address from 127.0.0.2 to 127.255.255.254",
                text -> {
                    if (text.equals("none")) {
                        return Optional.empty();
                    }
                    if (!LOOPBACK.matcher(text).matches() || text.equals("127.0.0.1")) {
                        throw new IllegalArgumentException("not a loopback address");
                    }
                    try {
                        return Optional.of(InetAddress.getByName(text));
                    } catch (UnknownHostException e) {
                        throw new IllegalArgumentException("not a loopback address", e);
                    }
                },
                value -> value.map(InetAddress::getHostAddress).orElse("none"));
    }

    static OptionType<Boolean> flag() {
        return new OptionType<>(
                "true or false",
                text -> switch (text) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw new IllegalArgumentException("neither true nor false");
                },
                String::valueOf);
    }

    static OptionType<Integer> number(int least, int most) {
        return new OptionType<>(
                least + " to " + most, text -> (int) within(parseNumber(text), least, most), String::valueOf);
    }

    static OptionType<OptionalInt> numberOrAuto(int least, int most) {
        return new OptionType<>(
                "auto, or " + least + " to " + most,
                text -> text.equals("auto")
                        ? OptionalInt.empty()
                        : OptionalInt.of((int) within(parseNumber(text), least, most)),
                value -> value.isPresent() ? String.valueOf(value.getAsInt()) : "auto");
    }

    static OptionType<Double> decimal(double least, double most) {
        return new OptionType<>(
                least + " to " + most,
                text -> {
                    if (!DECIMAL.matcher(text).matches()) {
                        throw new IllegalArgumentException("not a number");
                    }
                    double value = Double.parseDouble(text);
                    if (value < least || value > most) {
                        throw new IllegalArgumentException("out of range");
                    }
                    return value;
                },
                String::valueOf);
    }

    /** In bytes. */
    static OptionType<Long> size(long least, long most) {
        return new OptionType<>(
                "a size with B, KiB, MiB, GiB or TiB, " + renderSize(least) + " to " + renderSize(most),
                text -> {
                    Matcher matcher = SIZE.matcher(text);
                    if (!matcher.matches()) {
                        throw new IllegalArgumentException("not a size");
                    }
                    int shift = matcher.group(2) == null ? 0 : 10 * SIZE_UNITS.indexOf(matcher.group(2));
                    long count = Long.parseLong(matcher.group(1));
                    if (count > most >> shift) {
                        throw new IllegalArgumentException("out of range");
                    }
                    return within(count << shift, least, most);
                },
                OptionType::renderSize);
    }

    static OptionType<OptionalLong> sizeOrNone(long least, long most) {
        OptionType<Long> size = size(least, most);
        return new OptionType<>(
                "none, or " + size.allowed(),
                text -> text.equals("none")
                        ? OptionalLong.empty()
                        : OptionalLong.of(size.parse().apply(text)),
                value -> value.isPresent() ? renderSize(value.getAsLong()) : "none");
    }

    private static String renderSize(long bytes) {
        int unit = 0;
        long count = bytes;
        while (count > 0 && count % 1024 == 0 && unit < SIZE_UNITS.size() - 1) {
            count /= 1024;
            unit++;
        }
        return count + SIZE_UNITS.get(unit);
    }

    static OptionType<Duration> duration(Duration least, Duration most) {
        return new OptionType<>(
                "a duration with ms, s, m, h or d, " + renderDuration(least) + " to " + renderDuration(most),
                text -> {
                    Matcher matcher = DURATION.matcher(text);
                    if (!matcher.matches()) {
                        throw new IllegalArgumentException("not a duration");
                    }
                    long count = Long.parseLong(matcher.group(1));
                    Duration value = switch (matcher.group(2)) {
                        case "ms" -> Duration.ofMillis(count);
                        case "s" -> Duration.ofSeconds(count);
                        case "m" -> Duration.ofMinutes(count);
                        case "h" -> Duration.ofHours(count);
                        default -> Duration.ofDays(count);
                    };
                    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                        throw new IllegalArgumentException("out of range");
                    }
                    return value;
                },
                OptionType::renderDuration);
    }

    private static String renderDuration(Duration value) {
        long millis = value.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds % 3_600 == 0) {
            return seconds / 3_600 + "h";
        }
        return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    /** Permission bits of directories with sockets: their owner must be able to use them, strangers must not. */
    static OptionType<Integer> mode() {
        return new OptionType<>(
                "octal permissions, with all for the owner and no writing for others, as 0770",
                text -> {
                    if (!MODE.matcher(text).matches()) {
                        throw new IllegalArgumentException("not permissions");
                    }
                    int mode = Integer.parseInt(text, 8);
                    if ((mode & 0700) != 0700 || (mode & 0002) != 0) {
                        throw new IllegalArgumentException("not safe, or not usable");
                    }
                    return mode;
                },
                mode -> String.format(Locale.ROOT, "%04o", mode));
    }

    static <E extends Enum<E>> OptionType<E> oneOf(Class<E> type) {
        List<E> values = Arrays.asList(type.getEnumConstants());
        return new OptionType<>(
                values.stream().map(OptionType::renderEnum).collect(Collectors.joining(", ")),
                text -> values.stream()
                        .filter(value -> renderEnum(value).equals(text))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("not one of these words")),
                OptionType::renderEnum);
    }

    private static String renderEnum(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static long parseNumber(String text) {
        if (!NUMBER.matcher(text).matches()) {
            throw new IllegalArgumentException("not a whole number");
        }
        return Long.parseLong(text);
    }

    private static long within(long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("out of range");
        }
        return value;
    }
}
