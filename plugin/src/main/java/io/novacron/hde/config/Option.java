package io.novacron.hde.config;

import java.util.List;
import java.util.Optional;

/**
 * One option.
 *
 * @param path with dots; {@link Options#ANY} in it stands for a peer's name
 * @param defaultText the default as the reference prints it; empty where the option must be given
 * @param defaultValue absent where the option must be given
 * @param documentation one or a few sentences
 */
record Option<T>(
        String path, OptionType<T> type, String defaultText, Optional<Default<T>> defaultValue, String documentation) {

    interface Default<T> {
        /**
         * Makes the default.
         *
         * @param peer whose option it is; empty for options of the host
         */
        T of(SystemFacts facts, String peer);
    }

    List<String> segments() {
        return List.of(path.split("\\."));
    }

    boolean isOfPeer() {
        return segments().contains(Options.ANY);
    }

    /** The path with the peer's name in it. */
    String pathFor(String peer) {
        return path.replace(Options.ANY, peer);
    }

    /** The value as text; the caller knows that it is one of this option's type. */
    String render(Object value) {
        @SuppressWarnings("unchecked")
        T typed = (T) value;
        return type.render().apply(typed);
    }
}
