package io.novacron.hde.wire;

/** Constants of the wire protocol ({@code docs/protocol.md}). */
public final class Protocol {
    /** The oldest version this release speaks. */
    public static final int LOWEST_VERSION = 3;

    /** The newest version this release speaks. */
    public static final int HIGHEST_VERSION = 6;

    /** The oldest version with channels of other types than memory. */
    public static final int CHANNEL_TYPES_VERSION = 4;

    /** The oldest version with channels of type seed. */
    public static final int SEED_VERSION = 5;

    /** The oldest version with channels of type estimate. */
    public static final int ESTIMATE_VERSION = 6;

    /** No channel of type estimate has more bytes of Data. */
    public static final int MAX_ESTIMATE_BYTES = 16 << 20;

    /** From this version on a script may say that pages have no records around them. */
    public static final int BARE_PAGES_VERSION = 4;

    /** No message is longer, type byte included: a batch of incompressible pages with room to spare. Bytes. */
    public static final int MAX_MESSAGE_BYTES = 2 << 20;

    /** No CBOR message is longer. Bytes. */
    public static final int MAX_CONTROL_BYTES = 64 << 10;

    /** The most stream bytes that one batch may stand for. */
    public static final int MAX_BATCH_STREAM_BYTES = 1 << 20;

    /** The most baselines that one Hello may offer. */
    public static final int MAX_OFFERS = 128;

    /** The most dictionaries that one Hello may offer. */
    public static final int MAX_DICTIONARY_OFFERS = 8;

    /** No dictionary is larger. Bytes. */
    public static final int MAX_DICTIONARY_BYTES = 128 << 10;

    /** How many of the pages sent in a channel are numbered; later ones are not referred to. A bound on memory. */
    public static final int MAX_SENT_PAGES = 1 << 20;

    /** The most batches that a source may have sent without an acknowledgement. */
    public static final int MAX_BATCHES_IN_FLIGHT = 128;

    private Protocol() {}

    /** The oldest version in which there are channels of this type. */
    public static int lowestVersion(ChannelType type) {
        return switch (type) {
            case MEMORY -> LOWEST_VERSION;
            case DISK, CONTROL, TCP -> CHANNEL_TYPES_VERSION;
            case SEED -> SEED_VERSION;
            case ESTIMATE -> ESTIMATE_VERSION;
        };
    }
}
