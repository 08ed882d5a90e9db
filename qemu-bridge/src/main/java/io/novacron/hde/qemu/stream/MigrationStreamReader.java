package io.novacron.hde.qemu.stream;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a channel of a migration, as QEMU 7.2 to 10.2 write it, from pieces of any size.
 *
 * <p>Of the main channel it understands everything up to the footer of RAM's SECTION_END; behind it comes device state,
 * which carries no lengths. Of a multifd channel it understands packets that QEMU has not compressed. What it does not understand before that ends its work too: from there on it passes everything through. It
 * never throws for what the bytes say, and what it hands on is always exactly the input. One reader serves one channel
 * and one thread.
 */
public final class MigrationStreamReader implements StreamReader {
    /** A call of {@link #read} never leaves more than this many bytes unconsumed: one record, at most. */
    public static final int MAX_PENDING = StreamReader.MAX_PENDING;

    /** Bytes of a page; guests with other page sizes are passed through. */
    public static final int PAGE_SIZE = Wire.PAGE_SIZE;

    /** How the reasons begin for which a stream is passed through that vCPUs of the destination may wait for. */
    public static final String POSTCOPY = "postcopy";

    private static final int MAX_SECTIONS = 4096;

    private enum State {
        HEADER,
        FIRST_SECTION,
        SECTION,
        BODY,
        FOOTER,
        MULTIFD,
        PASS_THROUGH
    }

    /** Footers are a property of the machine type, seen when the first section ends. */
    private enum Footers {
        NOT_SEEN_YET,
        PRESENT,
        ABSENT
    }

    private final Dialect dialect = new Dialect();
    private final HeaderPart header = new HeaderPart();
    private final ConfigurationPart configuration = new ConfigurationPart(dialect);
    private final CommandPart command = new CommandPart(dialect);
    private final RamPart ram = new RamPart(dialect);
    private final DirtyBitmapPart dirtyBitmap = new DirtyBitmapPart();
    private final VfioPart vfio = new VfioPart();
    private final VirtioMemPart virtioMem = new VirtioMemPart();
    private final MultifdPart multifd = new MultifdPart();

    private final StreamInput input = new StreamInput();
    private final Map<Long, Part> iterables = new HashMap<>();

    private State state = State.HEADER;
    private Footers footers = Footers.NOT_SEEN_YET;
    private Part body = header;
    private int sectionType;
    private long sectionId;

    @Override
    public void read(ByteBuffer in, StreamHandler handler) {
        input.begin(in, handler);
        parse();
        input.end();
    }

    @Override
    public void finish(ByteBuffer in, StreamHandler handler) {
        input.begin(in, handler);
        parse();
        input.consumeAll();
        input.end();
    }

    /** Whether everything from here on is verbatim. */
    public boolean passingThrough() {
        return state == State.PASS_THROUGH;
    }

    /** Whether this is a multifd channel that is understood, and ends here with a whole packet. */
    public boolean betweenPackets() {
        return state == State.MULTIFD && multifd.betweenPackets();
    }

    /** The blocks of the MEM_SIZE list; empty before it was read. */
    public List<RamBlock> blocks() {
        return ram.blocks().list();
    }

    /** Whether the source asked for a return path (COMMAND OPEN_RETURN_PATH was seen). */
    @Override
    public boolean returnPathOpened() {
        return dialect.returnPathOpened();
    }

    private void parse() {
        Part.Progress progress;
        do {
            progress = switch (state) {
                case HEADER -> header();
                case FIRST_SECTION, SECTION -> section();
                case BODY -> body();
                case FOOTER -> footer();
                case MULTIFD -> multifd.parse(input);
                case PASS_THROUGH -> {
                    input.consumeAll();
                    yield Part.Progress.NEEDS_MORE;
                }
            };
            if (progress == Part.Progress.UNKNOWN) {
                passThrough(input.reason(), false);
            }
        } while (progress != Part.Progress.NEEDS_MORE);
    }

    private Part.Progress header() {
        Part.Progress progress = header.parse(input);
        if (progress == Part.Progress.DONE) {
            state = header.isMultifd() ? State.MULTIFD : State.FIRST_SECTION;
        }
        return progress;
    }

    private Part.Progress section() {
        if (!input.has(1)) {
            return Part.Progress.NEEDS_MORE;
        }
        int type = input.u8(0);
        return switch (type) {
            case Wire.SECTION_START, Wire.SECTION_FULL -> namedSection(type);
            case Wire.SECTION_PART, Wire.SECTION_END -> continuedSection(type);
            case Wire.COMMAND -> beginBody(type, 0, command, 0);
            case Wire.CONFIGURATION ->
                state == State.FIRST_SECTION
                        ? beginBody(type, 0, configuration, 1)
                        : input.unknown("configuration in mid-stream");
            case Wire.EOF -> input.unknown("end of the sections before the end of RAM");
            default -> input.unknown("unknown section type " + type);
        };
    }

    /** START and FULL: u8 type, u32 id, str8 name, u32 instance, u32 version. */
    private Part.Progress namedSection(int type) {
        if (!input.has(6) || !input.has(6 + input.u8(5) + 8)) {
            return Part.Progress.NEEDS_MORE;
        }
        int nameLength = input.u8(5);
        long id = input.u32(1);
        String name = input.string(6, nameLength);
        long version = input.u32(6 + nameLength + 4);
        Part part = type == Wire.SECTION_START ? iterable(name, version) : earlySetup(name, version);
        if (part == null) {
            return input.unknown("unknown section " + Wire.printable(name) + " version " + version);
        }
        if (type == Wire.SECTION_START) {
            if (part == ram && iterables.containsValue(ram)) {
                return input.unknown("second RAM section");
            }
            if (iterables.size() == MAX_SECTIONS || iterables.putIfAbsent(id, part) != null) {
                return input.unknown("section " + id + " is started twice, or too many are");
            }
        }
        return beginBody(type, id, part, 6 + nameLength + 8);
    }

    private Part iterable(String name, long version) {
        if (name.equals("ram") && version == Wire.RAM_VERSION) {
            return ram;
        } else if (name.equals("dirty-bitmap") && version == 1) {
            return dirtyBitmap;
        } else if (name.endsWith("/vfio") && version == 1) {
            return vfio;
        }
        return null;
    }

    private Part earlySetup(String name, long version) {
        return name.endsWith("/virtio-mem-device-early") && version == 1 ? virtioMem : null;
    }

    /** PART and END: u8 type, u32 id. */
    private Part.Progress continuedSection(int type) {
        if (!input.has(5)) {
            return Part.Progress.NEEDS_MORE;
        }
        long id = input.u32(1);
        Part part = iterables.get(id);
        if (part == null) {
            return input.unknown("section " + id + " was not started");
        }
        return beginBody(type, id, part, 5);
    }

    private Part.Progress beginBody(int type, long id, Part part, int headerLength) {
        input.consume(headerLength);
        sectionType = type;
        sectionId = id;
        body = part;
        state = State.BODY;
        if (part == ram && type == Wire.SECTION_END) {
            input.lastRamSection();
        }
        return Part.Progress.DONE;
    }

    private Part.Progress body() {
        Part.Progress progress = body.parse(input);
        if (progress == Part.Progress.DONE) {
            boolean withFooter = sectionType != Wire.COMMAND && sectionType != Wire.CONFIGURATION;
            state = withFooter ? State.FOOTER : State.SECTION;
        }
        return progress;
    }

    private Part.Progress footer() {
        if (footers == Footers.NOT_SEEN_YET) {
            if (!input.has(1)) {
                return Part.Progress.NEEDS_MORE;
            }
            footers = input.u8(0) == Wire.SECTION_FOOTER ? Footers.PRESENT : Footers.ABSENT;
        }
        if (footers == Footers.PRESENT) {
            if (!input.has(5)) {
                return Part.Progress.NEEDS_MORE;
            }
            if (input.u8(0) != Wire.SECTION_FOOTER || input.u32(1) != sectionId) {
                return input.unknown("section " + sectionId + " without its footer");
            }
            input.consume(5);
        }
        state = State.SECTION;
        if (body == ram) {
            boolean last = sectionType == Wire.SECTION_END;
            input.ramSectionEnd(last);
            if (last) {
                passThrough("device state", true);
            }
        }
        return Part.Progress.DONE;
    }

    private void passThrough(String reason, boolean expected) {
        state = State.PASS_THROUGH;
        input.passThrough(reason, expected);
    }
}
