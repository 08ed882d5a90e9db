package io.novacron.hde.wire;

/** The type byte of each message. Zero is never valid; a number is never used again for something else. */
final class MessageType {
    static final int HELLO = 1;
    static final int WELCOME = 2;
    static final int REFUSE = 3;
    static final int BATCH = 4;
    static final int RESEND = 5;
    static final int END = 6;
    static final int ACK = 7;
    static final int NAK = 8;
    static final int RETURN = 9;
    static final int RETURN_END = 10;
    static final int COMMIT = 11;
    static final int COMMITTED = 12;
    static final int PING = 13;
    static final int PONG = 14;
    static final int BEGIN = 15;
    static final int DICTIONARY = 16;
    static final int OPEN = 17;
    static final int RESUME = 18;
    static final int RESUMED = 19;
    static final int RECEIVED = 20;
    static final int CLOSE = 21;
    static final int DATA = 22;
    static final int DATA_END = 23;
    static final int ASK = 24;
    static final int STANDING = 25;

    private MessageType() {}
}
