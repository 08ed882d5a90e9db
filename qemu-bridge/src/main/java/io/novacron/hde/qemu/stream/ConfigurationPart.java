package io.novacron.hde.qemu.stream;

/** The configuration section behind its type byte: the machine's name and the subsections. */
final class ConfigurationPart implements Part {
    private static final int MAX_MACHINE_NAME = 255;
    private static final int MAX_CAPABILITIES = 64;

    private enum State {
        NAME,
        SUBSECTION,
        CAPABILITIES
    }

    private final Dialect dialect;
    private State state = State.NAME;
    private long capabilitiesLeft;

    ConfigurationPart(Dialect dialect) {
        this.dialect = dialect;
    }

    @Override
    public Progress parse(StreamInput in) {
        Progress progress;
        do {
            progress = switch (state) {
                case NAME -> name(in);
                case SUBSECTION -> subsection(in);
                case CAPABILITIES -> capability(in);
            };
        } while (progress == Progress.DONE && state != State.NAME);
        return progress;
    }

    // Each of these consumes one entry, says DONE and sets the next state; NAME is the state of a part that ended.

    private Progress name(StreamInput in) {
        if (!in.has(4)) {
            return Progress.NEEDS_MORE;
        }
        long length = in.u32(0);
        if (length > MAX_MACHINE_NAME) {
            return in.unknown("configuration with a machine name of " + length + " bytes");
        }
        if (!in.has(4 + (int) length)) {
            return Progress.NEEDS_MORE;
        }
        in.consume(4 + (int) length);
        state = State.SUBSECTION;
        return Progress.DONE;
    }

    private Progress subsection(StreamInput in) {
        if (!in.has(1)) {
            return Progress.NEEDS_MORE;
        }
        if (in.u8(0) != Wire.SUBSECTION) {
            state = State.NAME;
            return Progress.DONE;
        }
        if (!in.has(2) || !in.has(2 + in.u8(1) + 4)) {
            return Progress.NEEDS_MORE;
        }
        String name = in.string(2, in.u8(1));
        int header = 2 + name.length() + 4;
        if (in.u32(header - 4) != 1) {
            return in.unknown("unknown version of " + Wire.printable(name));
        }
        switch (name) {
            case "configuration/target-page-bits":
                return targetPageBits(in, header);
            case "configuration/capabilities":
                return capabilities(in, header);
            case "configuration/uuid":
                if (!in.has(header + 16)) {
                    return Progress.NEEDS_MORE;
                }
                in.consume(header + 16);
                return Progress.DONE;
            default:
                return in.unknown("unknown subsection " + Wire.printable(name));
        }
    }

    private static Progress targetPageBits(StreamInput in, int header) {
        if (!in.has(header + 4)) {
            return Progress.NEEDS_MORE;
        }
        if (in.u32(header) != Wire.PAGE_BITS) {
            return in.unknown("guest pages of 2^" + in.u32(header) + " bytes");
        }
        in.consume(header + 4);
        return Progress.DONE;
    }

    private Progress capabilities(StreamInput in, int header) {
        if (!in.has(header + 4)) {
            return Progress.NEEDS_MORE;
        }
        long count = in.u32(header);
        if (count > MAX_CAPABILITIES) {
            return in.unknown("configuration with " + count + " capabilities");
        }
        in.consume(header + 4);
        capabilitiesLeft = count;
        state = State.CAPABILITIES;
        return Progress.DONE;
    }

    private Progress capability(StreamInput in) {
        if (capabilitiesLeft == 0) {
            state = State.SUBSECTION;
            return Progress.DONE;
        }
        if (!in.has(1) || !in.has(1 + in.u8(0))) {
            return Progress.NEEDS_MORE;
        }
        String name = in.string(1, in.u8(0));
        // mapped-ram is not for sockets, and another capability may change the layout.
        if (!name.equals("x-ignore-shared")) {
            return in.unknown("capability " + Wire.printable(name));
        }
        dialect.setIgnoreShared();
        in.consume(1 + name.length());
        capabilitiesLeft--;
        return Progress.DONE;
    }
}
