package io.novacron.hde.qemu.stream;

/** A COMMAND: u8 type, u16 command, u16 length, that many bytes. */
final class CommandPart implements Part {
    private static final int HEADER = 5;

    private final Dialect dialect;

    CommandPart(Dialect dialect) {
        this.dialect = dialect;
    }

    @Override
    public Progress parse(StreamInput in) {
        if (!in.has(HEADER)) {
            return Progress.NEEDS_MORE;
        }
        int command = in.u16(1);
        int length = in.u16(3);
        switch (command) {
            case Wire.CMD_OPEN_RETURN_PATH:
                if (length != 0) {
                    return badLength(in, command, length);
                }
                dialect.setReturnPathOpened();
                return consume(in, length);
            case Wire.CMD_PING:
                return length == 4 ? consume(in, length) : badLength(in, command, length);
            case Wire.CMD_SWITCHOVER_START:
                return length == 0 ? consume(in, length) : badLength(in, command, length);
            case Wire.CMD_POSTCOPY_ADVISE:
                return length == 0 || length == 16 ? advise(in, length) : badLength(in, command, length);
            case Wire.CMD_POSTCOPY_LISTEN:
            case Wire.CMD_POSTCOPY_RUN:
            case Wire.CMD_POSTCOPY_RAM_DISCARD:
            case Wire.CMD_PACKAGED:
                // From here on pages are asked for one by one by vCPUs that wait: nothing may be held back.
                return in.unknown(MigrationStreamReader.POSTCOPY);
            case Wire.CMD_POSTCOPY_RESUME:
            case Wire.CMD_RECV_BITMAP:
                return in.unknown(MigrationStreamReader.POSTCOPY + " recovery");
            case Wire.CMD_ENABLE_COLO:
                return in.unknown("COLO");
            default:
                return in.unknown("unknown command " + command);
        }
    }

    private Progress advise(StreamInput in, int length) {
        if (!in.has(HEADER + length)) {
            return Progress.NEEDS_MORE;
        }
        if (length == 16) {
            long pageSizes = in.u64(HEADER);
            long targetPageSize = in.u64(HEADER + 8);
            if (targetPageSize != Wire.PAGE_SIZE) {
                return in.unknown("guest pages of " + targetPageSize + " bytes");
            }
            if (pageSizes != Wire.PAGE_SIZE) {
                dialect.setHugePageSizes();
            }
        }
        in.consume(HEADER + length);
        return Progress.DONE;
    }

    private static Progress consume(StreamInput in, int length) {
        if (!in.has(HEADER + length)) {
            return Progress.NEEDS_MORE;
        }
        in.consume(HEADER + length);
        return Progress.DONE;
    }

    private static Progress badLength(StreamInput in, int command, int length) {
        return in.unknown("command " + command + " of " + length + " bytes");
    }
}
